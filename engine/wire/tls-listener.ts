import { randomBytes } from 'node:crypto';
import type { AddressInfo, Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { ClusterFailedError } from '../errors.js';
import type { TlsIdentity } from './device-id.js';
import type { Link } from './link.js';
import type { LinkSide } from './messages.js';
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
  /** Handshakes under way at once; connections beyond are dropped unheard. */
  maxPending?: number;
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
  const pending = boundPending(server, options.maxPending ?? 16, options.maxLinks ?? 128, handshakeTimeout);
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
          for (const socket of pending) socket.destroy();
        },
      });
    });
  });
}

/** Strangers may hold open only a few connections that have not proved anything, and only for a short while. */
function boundPending(server: Server, maxPending: number, maxLinks: number, timeoutMs: number): ReadonlySet<Socket> {
  const pending = new Set<Socket>();
  let open = 0;
  server.on('connection', (socket: Socket) => {
    if (pending.size >= maxPending || open >= maxLinks) return void socket.destroy();
    open += 1;
    pending.add(socket);
    const timer = setTimeout(() => pending.has(socket) && socket.destroy(), timeoutMs);
    socket.once('close', () => {
      open -= 1;
      clearTimeout(timer);
      pending.delete(socket);
    });
  });
  // The raw socket below a TLS one is not public; it shares the peer's port, which is unique per peer address.
  server.on('secureConnection', (socket) => {
    for (const raw of pending) {
      if (raw.remotePort === socket.remotePort && raw.remoteAddress === socket.remoteAddress) pending.delete(raw);
    }
  });
  return pending;
}

function accept(socket: TLSSocket, options: ListenOptions): void {
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
    ? new ClusterFailedError('PORT_IN_USE', `Port ${port} is in use already. Choose another or end the program that has it.`)
    : new ClusterFailedError('CANNOT_LISTEN', `Cannot listen on ${host}:${port} (${error.message}).`, { cause: error });
}
