import { constants } from 'node:fs';
import { open, readFile, type FileHandle } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ClusterFailedError } from '../errors.js';
import { ProgressMeter, type Progress } from '../report/progress.js';
import type { TlsIdentity } from '../wire/device-id.js';
import { provenPeer, tlsOptions } from '../wire/tls-link.js';
import { manifestName, parseSliceListing, type SliceListing } from './slice-listing.js';

export interface SliceServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly identity: TlsIdentity;
  /** The folder of `rank`'s slice if this device may have it: it is a member of this run and has that rank. */
  readonly folderOf: (deviceId: string, rank: number) => string | undefined;
  readonly onProgress?: (rank: number, progress: Progress) => void;
}

export interface SliceServer {
  readonly port: number;
  close(): void;
}

/**
 * Gives workers their slices: `GET /<rank>/manifest.json` and `GET /<rank>/<file of that manifest>`, with `Range`, over
 * the same mutual TLS as all traffic between nodes. Whoever is not a member gets no byte of an answer.
 * Rejects with ClusterFailedError PORT_IN_USE or CANNOT_LISTEN.
 */
export function serveSlices(options: SliceServerOptions): Promise<SliceServer> {
  const sent = new SentProgress(options.onProgress);
  const proven = new WeakMap<Socket, string>();
  const server = createServer(
    { ...tlsOptions(options.identity), requestCert: true, handshakeTimeout: 5_000, keepAliveTimeout: 30_000 },
    (request, response) => void answer(request, response, proven.get(request.socket), options, sent),
  );
  server.maxConnections = 512;
  server.headersTimeout = 10_000;
  server.on('tlsClientError', () => undefined);
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

async function answer(
  request: IncomingMessage, response: ServerResponse, deviceId: string | undefined, options: SliceServerOptions,
  sent: SentProgress,
): Promise<void> {
  let file: FileHandle | undefined;
  try {
    const asked = /^\/(\d{1,2})\/([A-Za-z0-9._-]{1,140})$/.exec(request.url ?? '');
    const folder = asked === null || deviceId === undefined ? undefined : options.folderOf(deviceId, Number(asked[1]));
    if (asked === null || folder === undefined || request.method !== 'GET') return void request.socket.destroy();
    const [, rank = '', name = ''] = asked;
    const listing = parseSliceListing(await readFile(join(folder, manifestName), 'utf8'));
    if (name !== manifestName && !listing.files.some((one) => one.name === name)) return void response.writeHead(404).end();
    file = await open(join(folder, name), constants.O_RDONLY | constants.O_NOFOLLOW);
    await sendFile(file, request, response, (bytes) => sent.add(Number(rank), listing, name, bytes));
  } catch {
    // The worker learns from the missing rest; it asks again, or says what it misses.
    if (response.headersSent) response.destroy();
    else response.writeHead(404).end();
  } finally {
    await file?.close().catch(() => undefined);
  }
}

async function sendFile(
  file: FileHandle, request: IncomingMessage, response: ServerResponse, onSent: (doneBytes: number) => void,
): Promise<void> {
  const { size } = await file.stat();
  const start = Number(/^bytes=(\d{1,15})-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (start > size) return void response.writeHead(416, { 'content-range': `bytes */${size}` }).end();
  const range = start === 0 ? {} : { 'content-range': `bytes ${start}-${size - 1}/${size}` };
  response.writeHead(start === 0 ? 200 : 206, { 'content-length': size - start, ...range });
  if (start === size) return void response.end();
  let done = start;
  const source = file.createReadStream({ start, autoClose: false, highWaterMark: 256 * 1024 });
  source.on('data', (piece) => onSent((done += piece.length)));
  await pipeline(source, response);
}

/** How much of each rank's slice went out. What a worker had already is counted when it asks for the rest. */
class SentProgress {
  readonly #ranks = new Map<number, { meter: ProgressMeter; files: Map<string, number> }>();

  constructor(private readonly show: SliceServerOptions['onProgress']) {}

  add(rank: number, listing: SliceListing, name: string, doneBytes: number): void {
    const { show } = this;
    if (show === undefined || name === manifestName) return;
    const total = listing.files.reduce((sum, { bytes }) => sum + bytes, 0);
    const own = this.#ranks.get(rank) ?? {
      meter: new ProgressMeter(`Sending node ${rank} its slice`, total, (progress) => show(rank, progress)),
      files: new Map<string, number>(),
    };
    this.#ranks.set(rank, own);
    own.files.set(name, doneBytes);
    own.meter.update([...own.files.values()].reduce((sum, bytes) => sum + bytes, 0));
  }
}

function listenError(error: NodeJS.ErrnoException, { host, port }: SliceServerOptions): ClusterFailedError {
  return error.code === 'EADDRINUSE'
    ? new ClusterFailedError('PORT_IN_USE', `Port ${port} is in use already. Choose another with --file-port.`)
    : new ClusterFailedError('CANNOT_LISTEN', `Cannot listen on ${host}:${port} (${error.message}).`, { cause: error });
}
