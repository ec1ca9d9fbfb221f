import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { saying, type Saying } from '../saying.js';
import { DownloadFailedError } from './catalogue-errors.js';
import { mayFollow, type HubEndpoint } from './hub-endpoint.js';
import { TransientError } from './transfer-retry.js';

const mostRedirects = 5;

export interface HubRequestOptions {
  method?: 'GET' | 'HEAD';
  headers?: Record<string, string>;
  /** Milliseconds without an answer, or later without a byte, after which the connection counts as lost. */
  stallMs: number;
  signal?: AbortSignal | undefined;
}

/** The last answer of a chain of redirects. Its body must be read or destroyed. */
export interface HubReply {
  status: number;
  headers: IncomingHttpHeaders;
  body: IncomingMessage;
  /**
   * What the endpoint itself said about the file, before it redirected to where the bytes are: content identity and
   * size of the file (https://huggingface.co/docs/hub/api calls them linked), the commit it is of.
   */
  linked: { etag: string | null; size: number | null; commit: string | null };
}

/**
 * Asks the endpoint for `path` (relative to its base) and follows redirects. The token goes to the endpoint's origin
 * alone. @throws TransientError for a lost connection; DownloadFailedError for a redirect that may not be followed.
 */
export async function hubRequest(hub: HubEndpoint, path: string, options: HubRequestOptions): Promise<HubReply> {
  const linked: HubReply['linked'] = { etag: null, size: null, commit: null };
  let url = new URL(path, hub.base);
  for (let hops = 0; hops <= mostRedirects; hops++) {
    const atHome = url.origin === hub.base.origin;
    const body = await ask(url, atHome ? hub.token : null, options);
    if (atHome) noteLinked(linked, body.headers);
    const status = body.statusCode ?? 0;
    const location = body.headers.location;
    if (![301, 302, 303, 307, 308].includes(status) || location === undefined) {
      return { status, headers: body.headers, body, linked };
    }
    body.destroy();
    url = redirectTarget(hub, url, location);
  }
  throw new DownloadFailedError('REDIRECT_LOOP', `${hub.base.host} redirects in circles. Check HF_ENDPOINT.`, { values: { host: hub.base.host } });
}

function redirectTarget(hub: HubEndpoint, from: URL, location: string): URL {
  let target: URL | null = null;
  try {
    target = new URL(location, from);
  } catch {
    // Falls through to the refusal: an address that cannot be read is not one to go to.
  }
  if (target !== null && mayFollow(hub, target)) return target;
  const where = target === null ? 'an unreadable address' : target.origin;
  const sentence = `${from.host} redirects to ${where}, which is not a safe place to download from. Check HF_ENDPOINT.`;
  throw new DownloadFailedError('REDIRECT_REFUSED', sentence, { values: { host: from.host, target: target?.origin ?? location.slice(0, 100) } });
}

function noteLinked(linked: HubReply['linked'], headers: IncomingHttpHeaders): void {
  const etag = headers['x-linked-etag'] ?? headers.etag;
  linked.etag = typeof etag === 'string' ? etag.replace(/^W\//, '').replaceAll('"', '') : linked.etag;
  const size = headers['x-linked-size'];
  if (typeof size === 'string' && /^\d{1,15}$/.test(size)) linked.size = Number(size);
  const commit = headers['x-repo-commit'];
  if (typeof commit === 'string') linked.commit = commit;
}

function ask(url: URL, token: string | null, options: HubRequestOptions): Promise<IncomingMessage> {
  const headers: Record<string, string> = {
    'user-agent': 'hearth',
    'accept-encoding': 'identity',
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    ...options.headers,
  };
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    let answer: IncomingMessage | null = null;
    const silent = saying('TRANSFER_SILENT', 'the server went silent', {});
    const stalled = (): void => void (answer ?? request).destroy(new TransientError(silent));
    const request = send(url, {
      method: options.method ?? 'GET',
      headers,
      agent: false,
      timeout: options.stallMs,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    // The socket's own timeout does not cover the look-up of the name.
    const answerTimer = setTimeout(stalled, options.stallMs);
    request.on('timeout', stalled);
    request.on('close', () => clearTimeout(answerTimer));
    request.on('response', (response) => {
      clearTimeout(answerTimer);
      answer = response;
      // Whoever reads the body meets its error there; until then it must not end the process.
      response.on('error', () => undefined);
      resolve(response);
    });
    request.on('error', (error) => reject(options.signal?.aborted ? error : asTransient(error, url)));
    request.end();
  });
}

/** The sentence part for a failure of the connection. */
export function asTransient(error: unknown, url: { host: string }): TransientError {
  if (error instanceof TransientError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return new TransientError(brokenBy(code, url.host) ?? saying(
    'TRANSFER_BROKE', `the connection failed (${code || (error instanceof Error ? error.message : 'unknown')})`, {},
  ));
}

function brokenBy(code: string, host: string): Saying | null {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return saying('TRANSFER_NAME_UNKNOWN', `the name ${host} cannot be resolved`, { host });
  if (code === 'ECONNREFUSED') return saying('TRANSFER_REFUSED', `${host} refuses connections`, { host });
  return code === 'ECONNRESET' || code === 'EPIPE' ? saying('TRANSFER_BROKE', 'the connection was lost', {}) : null;
}
