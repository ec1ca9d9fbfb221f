import { saying } from '../saying.js';
import { DownloadFailedError } from './catalogue-errors.js';
import type { HubEndpoint } from './hub-endpoint.js';
import type { HubReply } from './hub-request.js';
import { TransientError } from './transfer-retry.js';

/** The error for an answer that is not what was asked for: one that may pass, or one that says what to do. */
export function refusal(hub: HubEndpoint, repo: string, what: string, reply: HubReply): Error {
  const { status } = reply;
  const { host } = hub.base;
  if (status === 429) {
    const reason = saying('TRANSFER_TOO_MANY_REQUESTS', `${host} asks for fewer requests (429)`, { host });
    return new TransientError(reason, serverPause(reply));
  }
  if (status === 408 || status === 425 || status >= 500) {
    const reason = saying('TRANSFER_SERVER_TROUBLE', `${host} is in trouble (${status})`, { host, status });
    return new TransientError(reason, serverPause(reply));
  }
  const denied = { values: { host, repo } };
  if (status === 401) {
    const advice =
      hub.token === null
        ? 'Check the name, or set HF_TOKEN if the model is private or gated.'
        : 'HF_TOKEN is not accepted: check it, and the name.';
    return new DownloadFailedError('ACCESS_DENIED', `${host} does not give ${repo} to us (401). ${advice}`, denied);
  }
  if (status === 403) {
    const advice = `Accept its terms at ${new URL(repo, hub.base).href} and set HF_TOKEN to a token that may read it.`;
    return new DownloadFailedError('ACCESS_DENIED', `${host} denies access to ${repo} (403). ${advice}`, denied);
  }
  if (status === 404) {
    return new DownloadFailedError('NOT_FOUND', `${host} has no ${what} (404). Check the name and revision.`, { values: { host, what: repo } });
  }
  return new DownloadFailedError('UNEXPECTED_ANSWER', `${host} answered ${status} for ${what}. Check HF_ENDPOINT.`, { values: { host, status } });
}

/** The pause that `Retry-After` asks for, in milliseconds. */
function serverPause(reply: HubReply): number {
  const value = reply.headers['retry-after'];
  if (value === undefined) return 0;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : 0;
}
