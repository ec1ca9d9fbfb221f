import { constants } from 'node:fs';
import { open, readFile, type FileHandle } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ClusterFailedError } from '../errors.js';
import { dropFromPageCacheIfThere } from '../report/page-cache.js';
import type { Progress } from '../report/progress.js';
import type { TlsIdentity } from '../wire/device-id.js';
import { provenPeer, tlsOptions } from '../wire/tls-link.js';
import { KeptFiles } from './kept-files.js';
import { SentProgress } from './sent-progress.js';
import { manifestName, parseSliceListing } from './slice-listing.js';

export interface SliceServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly identity: TlsIdentity;
  /** The folder of `rank`'s slice if this device may have it: it is a member of this run and has that rank. */
  readonly folderOf: (deviceId: string, rank: number) => string | undefined;
  /** Lets trusted devices have any block file of the slices in `folders`, by its checksum, whoever cut it. */
  readonly blocks?: { readonly folders: () => Promise<readonly string[]>; readonly trusts: (deviceId: string) => boolean };
  readonly onProgress?: (rank: number, progress: Progress) => void;
}

export interface SliceServer {
  readonly port: number;
  close(): void;
}

/** What is sent is read once; so much of it at most stays in the page cache. */
const uncachedBytes = 16 * 2 ** 20;

/**
 * Gives workers their slices: `GET /<rank>/manifest.json` and `GET /<rank>/<file of that manifest>`, and other nodes what this
 * one keeps: `GET /blocks/<sha256>`. With `Range`, over the same mutual TLS as all traffic between nodes. Whoever may
 * not have what it asks for gets no byte of an answer.
 * Rejects with ClusterFailedError PORT_IN_USE or CANNOT_LISTEN.
 */
export function serveSlices(options: SliceServerOptions): Promise<SliceServer> {
  const sent = new SentProgress(options.onProgress);
  const proven = new WeakMap<Socket, string>();
  const kept = options.blocks === undefined ? null : new KeptFiles(options.blocks.folders);
  const server = createServer(
    { ...tlsOptions(options.identity), requestCert: true, handshakeTimeout: 5_000, keepAliveTimeout: 30_000 },
    (request, response) => void answer(request, response, proven.get(request.socket), options, sent, kept),
  );
  server.maxConnections = 512;
  server.headersTimeout = 10_000;
  server.on('tlsClientError', () => undefined);
  // What is no request gets no answer either, not even that it is none.
  server.on('clientError', (_error, socket) => socket.destroy());
  server.on('secureConnection', (socket) => {
    try {
      proven.set(socket, provenPeer(socket));
    } catch {
      // Whoever proves nothing is told nothing.
      socket.destroy();
    }
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, options)));
    server.listen(options.port, options.host, () => resolve({
      port: (server.address() as AddressInfo).port,
      close: () => {
        server.close();
        server.closeAllConnections();
      },
    }));
  });
}

/** A file that may be sent; null where there is none, undefined where nothing may be said. */
type Found = { path: string; onSent: (doneBytes: number) => void } | null | undefined;

async function answer(
  request: IncomingMessage, response: ServerResponse, deviceId: string | undefined, options: SliceServerOptions,
  sent: SentProgress, kept: KeptFiles | null,
): Promise<void> {
  let file: FileHandle | undefined;
  try {
    const { url = '', method } = request;
    const found = deviceId === undefined || method !== 'GET' ? undefined
      : await (url.startsWith('/blocks/') ? blockFile(url, deviceId, options, kept) : fileOfRank(url, deviceId, options, sent));
    if (found === undefined) return void request.socket.destroy();
    if (found === null) return void response.writeHead(404).end();
    file = await open(found.path, constants.O_RDONLY | constants.O_NOFOLLOW);
    await sendFile(file, found.path, request, response, found.onSent);
  } catch {
    // The worker learns from the missing rest; it asks again, or says what it misses.
    if (response.headersSent) response.destroy();
    else response.writeHead(404).end();
  } finally {
    await file?.close().catch(() => undefined);
  }
}

async function blockFile(url: string, deviceId: string, options: SliceServerOptions, kept: KeptFiles | null): Promise<Found> {
  const sha256 = /^\/blocks\/([0-9a-f]{64})$/.exec(url)?.[1];
  if (sha256 === undefined || kept === null || options.blocks?.trusts(deviceId) !== true) return undefined;
  const path = await kept.find(sha256);
  return path === null ? null : { path, onSent: () => undefined };
}

async function fileOfRank(url: string, deviceId: string, options: SliceServerOptions, sent: SentProgress): Promise<Found> {
  const [, rank = '', name = ''] = /^\/(\d{1,2})\/([A-Za-z0-9._-]{1,140})$/.exec(url) ?? [];
  const folder = name === '' ? undefined : options.folderOf(deviceId, Number(rank));
  if (folder === undefined) return undefined;
  const listing = parseSliceListing(await readFile(join(folder, manifestName), 'utf8'));
  if (name !== manifestName && !listing.files.some((one) => one.name === name)) return null;
  return { path: join(folder, name), onSent: (bytes) => sent.add(Number(rank), listing, name, bytes) };
}

async function sendFile(
  file: FileHandle, path: string, request: IncomingMessage, response: ServerResponse, onSent: (doneBytes: number) => void,
): Promise<void> {
  const { size } = await file.stat();
  const start = Number(/^bytes=(\d{1,15})-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (start > size) return void response.writeHead(416, { 'content-range': `bytes */${size}` }).end();
  const range = start === 0 ? {} : { 'content-range': `bytes ${start}-${size - 1}/${size}` };
  response.writeHead(start === 0 ? 200 : 206, { 'content-length': size - start, ...range });
  if (start === size) return void response.end();
  let done = start;
  let dropped = start;
  const source = file.createReadStream({ start, autoClose: false, highWaterMark: 256 * 1024 });
  source.on('data', (piece) => {
    onSent((done += piece.length));
    if (done - dropped < uncachedBytes) return;
    dropped = done;
    dropFromPageCacheIfThere([path]);
  });
  await pipeline(source, response);
  dropFromPageCacheIfThere([path]);
}

function listenError(error: NodeJS.ErrnoException, { host, port }: SliceServerOptions): ClusterFailedError {
  return error.code === 'EADDRINUSE'
    ? new ClusterFailedError('PORT_IN_USE', `Port ${port} is in use already. Choose another with --file-port.`, { values: { port } })
    : new ClusterFailedError('CANNOT_LISTEN', `Cannot listen on ${host}:${port} (${error.message}).`, { cause: error, values: { host, port } });
}
