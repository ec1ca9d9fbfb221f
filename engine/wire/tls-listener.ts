import { randomBytes } from 'node:crypto';
import type { AddressInfo, Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { ClusterFailedError } from '../errors.js';
import type { TlsIdentity } from './device-id.js';
import type { Link } from './link.js';
import type { LinkSide } from './messages.js';
import { PendingConnections } from './pending-connections.js';
import { linkOver, provenPeer, tlsOptions } from './tls-link.js';

export interface ListenOptions {
  host: string;
  /** 0 takes any free port. */
  port: number;
  identity: TlsIdentity;
  side: LinkSide;
  /** Whether a device may connect at all; those refused get no frame. */
  accepts: (deviceId: string) => boolean;
  /** `host` is the address the connection came from. */
  onLink: (link: Link, host: string) => void;
  /** A handshake that takes longer is dropped. */
  handshakeTimeoutMs?: number;
  /** Handshakes under way at once; the longest-waiting gives way to one beyond. */
  maxPending?: number;
  /** Of them, those of one address; as many unless said otherwise. */
  maxPendingPerAddress?: number;
  /** Links open at once. */
  maxLinks?: number;
}

export interface Listener {
  readonly port: number;
  /** Stops listening and drops what is half open; links that were handed out live on. */
  close(): void;
}

/** Waits for other nodes. Rejects with ClusterFailedError PORT_IN_USE or CANNOT_LISTEN. */
export function listenTls(options: ListenOptions): Promise<Listener> {
  const handshakeTimeout = options.handshakeTimeoutMs ?? 5_000;
  const server = createServer({ ...tlsOptions(options.identity), requestCert: true, handshakeTimeout });
  const maxPending = options.maxPending ?? 16;
  const pending = new PendingConnections({
    total: maxPending, perAddress: options.maxPendingPerAddress ?? maxPending, timeoutMs: handshakeTimeout,
  });
  boundConnections(server, pending, options.maxLinks ?? 128);
  server.on('secureConnection', (socket) => accept(socket, options));
  server.on('tlsClientError', () => undefined);
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, options)));
    server.listen(options.port, options.host, () => {
      server.removeAllListeners('error');
      server.on('error', () => undefined);
      resolve({
        port: (server.address() as AddressInfo).port,
        close: () => {
          server.close();
          pending.dropAll();
        },
      });
    });
  });
}

/** Strangers may hold open only a few connections that have not proved anything, and only for a short while. */
function boundConnections(server: Server, pending: PendingConnections, maxLinks: number): void {
  let links = 0;
  server.on('connection', (socket: Socket) => {
    if (links >= maxLinks) return void socket.destroy();
    pending.add(socket);
  });
  server.on('secureConnection', (socket) => {
    pending.done(socket);
    if (links >= maxLinks) return void socket.destroy();
    links += 1;
    socket.once('close', () => (links -= 1));
  });
}

function accept(socket: TLSSocket, options: ListenOptions): void {
  if (socket.destroyed) return;
  socket.on('error', () => undefined);
  try {
    const peerId = provenPeer(socket);
    if (!options.accepts(peerId)) return void socket.destroy();
    const nonce = randomBytes(32).toString('hex');
    const link = linkOver(socket, peerId, nonce, options.side);
    link.send('open', { nonce });
    options.onLink(link, socket.remoteAddress ?? '');
  } catch {
    // Whoever proves nothing is told nothing.
    socket.destroy();
  }
}

function listenError(error: NodeJS.ErrnoException, { host, port }: ListenOptions): ClusterFailedError {
  return error.code === 'EADDRINUSE'
    ? new ClusterFailedError('PORT_IN_USE', `Port ${port} is in use already. Choose another or end the program that has it.`, { values: { port } })
    : new ClusterFailedError('CANNOT_LISTEN', `Cannot listen on ${host}:${port} (${error.message}).`, { cause: error, values: { host, port } });
}
