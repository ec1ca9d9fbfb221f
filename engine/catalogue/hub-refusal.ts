import { DownloadFailedError } from './catalogue-errors.js';
import type { HubEndpoint } from './hub-endpoint.js';
import type { HubReply } from './hub-request.js';
import { TransientError } from './transfer-retry.js';

/** The error for an answer that is not what was asked for: one that may pass, or one that says what to do. */
export function refusal(hub: HubEndpoint, repo: string, what: string, reply: HubReply): Error {
  const { status } = reply;
  if (status === 429) return new TransientError(`${hub.base.host} asks for fewer requests (429)`, serverPause(reply));
  if (status === 408 || status === 425 || status >= 500) {
    return new TransientError(`${hub.base.host} is in trouble (${status})`, serverPause(reply));
  }
  const failed = (code: string, sentence: string): DownloadFailedError => new DownloadFailedError(code, sentence);
  if (status === 401) {
    const advice =
      hub.token === null
        ? 'Check the name, or set HF_TOKEN if the model is private or gated.'
        : 'HF_TOKEN is not accepted: check it, and the name.';
    return failed('ACCESS_DENIED', `${hub.base.host} does not give ${repo} to us (401). ${advice}`);
  }
  if (status === 403) {
    const advice = `Accept its terms at ${new URL(repo, hub.base).href} and set HF_TOKEN to a token that may read it.`;
    return failed('ACCESS_DENIED', `${hub.base.host} denies access to ${repo} (403). ${advice}`);
  }
  if (status === 404) return failed('NOT_FOUND', `${hub.base.host} has no ${what} (404). Check the name and revision.`);
  return failed('UNEXPECTED_ANSWER', `${hub.base.host} answered ${status} for ${what}. Check HF_ENDPOINT.`);
}

/** The pause that `Retry-After` asks for, in milliseconds. */
function serverPause(reply: HubReply): number {
  const value = reply.headers['retry-after'];
  if (value === undefined) return 0;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : 0;
}
