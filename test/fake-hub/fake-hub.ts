import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as the server saw it. */
export interface SeenRequest {
  method: string;
  path: string;
  range: string | undefined;
  authorization: string | undefined;
}

/** Answers one request for a file's bytes in some wrong way. */
export type Fault = (request: IncomingMessage, response: ServerResponse, content: Buffer) => void;

/** A Hugging Face server on loopback with one repository, which misbehaves as told. */
export class FakeHub {
  readonly files = new Map<string, Buffer>();
  readonly seen: SeenRequest[] = [];
  /** Each is used up by one GET of a file, in order. */
  readonly faults: Fault[] = [];
  /** How the repository lists its files. */
  listing: 'sizes' | 'names' | 'tree' | 'probe' = 'sizes';
  /** The front matter of the repository's README; null = none. */
  card: Record<string, unknown> | null = null;
  /** Replaces the listing's answer. */
  refuseListing: ((response: ServerResponse) => void) | null = null;
  /** Where file requests are redirected to; null = served here. */
  redirectTo: ((path: string) => string) | null = null;
  commit = 'c0ffee'.padEnd(40, '0');
  readonly #server: Server = createServer((request, response) => this.#answer(request, response));

  constructor(readonly repo = 'owner/tiny-model') {}

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Requests for a file's bytes, in order. */
  fetches(path: string): SeenRequest[] {
    return this.seen.filter((request) => request.method === 'GET' && request.path.endsWith(`/${path}`));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', this.endpoint);
    const { range, authorization } = request.headers;
    this.seen.push({ method: request.method ?? '', path: url.pathname, range, authorization });
    if (url.pathname.startsWith('/api/')) return this.#answerListing(url, response);
    const path = decodeURIComponent(/\/(?:resolve\/[^/]+|bytes)\/(.+)$/.exec(url.pathname)?.[1] ?? '');
    const content = this.files.get(path);
    if (content === undefined) return void response.writeHead(404).end();
    response.setHeader('x-repo-commit', this.commit);
    response.setHeader('x-linked-etag', `"${isLarge(path) ? sha256(content) : gitSha1(content)}"`);
    response.setHeader('x-linked-size', content.length);
    if (this.redirectTo !== null && url.pathname.includes('/resolve/')) {
      return void response.writeHead(302, { location: this.redirectTo(path) }).end();
    }
    const fault = request.method === 'GET' ? this.faults.shift() : undefined;
    (fault ?? serveProperly)(request, response, content);
  }

  #answerListing(url: URL, response: ServerResponse): void {
    if (this.refuseListing !== null) return this.refuseListing(response);
    if (!url.pathname.startsWith(`/api/models/${this.repo}/`)) return void response.writeHead(404).end();
    const isTree = url.pathname.includes('/tree/');
    if (isTree && (this.listing === 'names' || this.listing === 'tree')) return json(response, this.#tree());
    if (isTree || this.listing === 'tree') return void response.writeHead(404).end();
    json(response, { sha: this.commit, siblings: this.#siblings(), ...(this.card === null ? {} : { cardData: this.card }) });
  }

  #siblings(): unknown[] {
    return [...this.files].map(([rfilename, content]) => {
      if (this.listing !== 'sizes') return { rfilename };
      const lfs = isLarge(rfilename) ? { lfs: { sha256: sha256(content), size: content.length } } : {};
      return { rfilename, size: content.length, blobId: gitSha1(content), ...lfs };
    });
  }

  #tree(): unknown[] {
    return [...this.files].map(([path, content]) => {
      const lfs = isLarge(path) ? { lfs: { oid: sha256(content), size: content.length } } : {};
      return { type: 'file', path, size: content.length, oid: gitSha1(content), ...lfs };
    });
  }
}

/** Sends the content, or the part that was asked for, as a good server does. */
export const serveProperly: Fault = (request, response, content) => {
  const start = rangeStart(request);
  if (start === null) return void response.writeHead(200, { 'content-length': content.length }).end(content);
  if (start >= content.length) {
    return void response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
  }
  response.writeHead(206, partHeaders(start, content)).end(content.subarray(start));
};

/** Sends `bytes` of what was asked for and then cuts the connection. */
export const dropAfter =
  (bytes: number): Fault =>
  (request, response, content) => {
    const start = rangeStart(request);
    if (start === null) response.writeHead(200, { 'content-length': content.length });
    else response.writeHead(206, partHeaders(start, content));
    response.write(content.subarray(start ?? 0, (start ?? 0) + bytes), () => response.destroy());
  };

/** Sends `bytes` and then nothing, with the connection open. */
export const stallAfter =
  (bytes: number): Fault =>
  (_request, response, content) => {
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, bytes));
  };

export const ignoreRange: Fault = (_request, response, content) =>
  void response.writeHead(200, { 'content-length': content.length }).end(content);

export const answerStatus =
  (status: number, headers: Record<string, string> = {}): Fault =>
  (_request, response) =>
    void response.writeHead(status, headers).end();

/** Answers a range request with a part that starts elsewhere. */
export const sendOtherPart: Fault = (_request, response, content) =>
  void response.writeHead(206, partHeaders(0, content)).end(content);

/** Announces `extra` bytes more (or fewer) than the file has, and sends that many. */
export const lieAboutLength =
  (extra: number): Fault =>
  (_request, response, content) => {
    const body = Buffer.concat([content, Buffer.alloc(Math.max(0, extra), 0x21)]).subarray(0, content.length + extra);
    response.writeHead(200, { 'content-length': body.length }).end(body);
  };

/** Announces no length; sends `extra` bytes more (or fewer) than the file has, and ends as if all were well. */
export const endWithoutLength =
  (extra: number): Fault =>
  (_request, response, content) => {
    const body = Buffer.concat([content, Buffer.alloc(Math.max(0, extra), 0x21)]).subarray(0, content.length + extra);
    response.writeHead(200, { 'transfer-encoding': 'chunked' });
    response.write(body.subarray(0, body.length >> 1));
    response.end(body.subarray(body.length >> 1));
  };

/** Right length, one bit wrong. */
export const sendWrongBytes: Fault = (request, response, content) => {
  const wrong = Buffer.from(content);
  const at = wrong.length - 1;
  wrong[at] = (wrong[at] ?? 0) ^ 1;
  serveProperly(request, response, wrong);
};

export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

export function gitSha1(content: Uint8Array): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}

/** Bytes that differ everywhere, the same for the same seed. */
export function contentOf(bytes: number, seed = 1): Buffer {
  const content = Buffer.alloc(bytes);
  let state = seed;
  for (let at = 0; at < bytes; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    content[at] = state >>> 24;
  }
  return content;
}

function isLarge(path: string): boolean {
  return /\.(safetensors|gguf)$/.test(path);
}

function rangeStart(request: IncomingMessage): number | null {
  const start = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
  return start === undefined ? null : Number(start);
}

function partHeaders(start: number, content: Buffer): Record<string, string | number> {
  const range = `bytes ${start}-${content.length - 1}/${content.length}`;
  return { 'content-range': range, 'content-length': content.length - start };
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
