import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { ClusterFailedError, InterruptedError } from '../errors.js';
import { receiveControl } from './control.js';
import { deviceIdOf, type TlsIdentity } from './device-id.js';
import { FrameLink, type ByteStream } from './frame-link.js';
import type { Link } from './link.js';
import type { LinkSide } from './messages.js';
import { SocketReads } from './socket-reads.js';

/**
 * What both ends of every connection between nodes insist on: TLS 1.3 with a certificate on both sides. No authority
 * signs those certificates, so `rejectUnauthorized` is off and its place is taken by {@link provenPeer}: the handshake
 * proves that the peer holds the certificate's key, and the certificate's hash is the peer's name.
 * AES-128-GCM costs least where processors have AES; BoringSSL ignores the choice and makes the same one.
 */
export function tlsOptions(identity: TlsIdentity) {
  return {
    key: identity.keyPem,
    cert: identity.certificatePem,
    minVersion: 'TLSv1.3',
    ciphers: 'TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256',
    rejectUnauthorized: false,
  } as const;
}

/**
 * The device at the other end of a handshake that just finished. A resumed session is refused: every connection proves
 * the peer's key afresh.
 */
export function provenPeer(socket: TLSSocket): string {
  if (socket.isSessionReused()) throw identityError('The other node tried to skip its proof of identity.');
  if (socket.getProtocol() !== 'TLSv1.3') throw identityError('The other node does not speak TLS 1.3.');
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) throw identityError('The other node showed no certificate.');
  return deviceIdOf(certificate.raw);
}

function identityError(sentence: string): ClusterFailedError {
  return new ClusterFailedError('PEER_IDENTITY', `${sentence} The connection was closed.`);
}

class SocketStream implements ByteStream {
  constructor(private readonly socket: TLSSocket) {}

  write(bytes: Buffer, done: () => void): void {
    this.socket.write(bytes, done);
  }

  setReading(on: boolean): void {
    if (on) this.socket.resume();
    else this.socket.pause();
  }

  end(now: boolean): void {
    if (now) return void this.socket.destroy();
    // What still comes is read and dropped: a socket closed over unread bytes resets, and the peer would lose our last words.
    this.socket.resume();
    this.socket.end();
    // A peer that does not end its side may not keep the connection for ever.
    setTimeout(() => this.socket.destroy(), 2_000).unref();
  }
}

/** Makes a link of a socket whose peer is known; `reads` is where the bytes of one that we dialled come in. */
export function linkOver(socket: TLSSocket, peerId: string, nonce: string, side: LinkSide, reads?: SocketReads): FrameLink {
  const link = new FrameLink(peerId, nonce, side, new SocketStream(socket));
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 5_000);
  const arrived = (chunk: Uint8Array): void => link.arrived(chunk);
  if (reads === undefined) socket.on('data', arrived);
  else reads.goTo(arrived);
  socket.once('error', (error: Error) => link.lost(lostError(error)));
  socket.once('end', () => link.lost(lostError()));
  socket.once('close', () => link.lost(lostError()));
  return link;
}

function lostError(cause?: Error): ClusterFailedError {
  const why = cause === undefined ? 'The other node closed the connection' : `The connection broke (${cause.message})`;
  return new ClusterFailedError('LINK_CLOSED', `${why}.`, { cause });
}

export interface DialOptions {
  host: string;
  port: number;
  identity: TlsIdentity;
  /** The only device that may answer; undefined accepts any and leaves the judgement to the caller (`link.peerId`). */
  expects: string | undefined;
  side: LinkSide;
  timeoutMs: number;
  signal?: AbortSignal;
}

/**
 * Dials a node. In TLS 1.3 this end is done before the other has judged our certificate, so the link is handed out only
 * once the listener's first frame (`open`) is there.
 * Rejects with ClusterFailedError PEER_UNREACHABLE, PEER_TIMEOUT, PEER_IDENTITY, LINK_CLOSED (not let in) or a ProtocolError.
 */
export async function dialTls(options: DialOptions): Promise<Link> {
  const deadline = performance.now() + options.timeoutMs;
  const reads = new SocketReads();
  const socket = await handshake(options, reads);
  let peerId;
  try {
    peerId = provenPeer(socket);
    if (options.expects !== undefined && peerId !== options.expects) {
      throw identityError(`${options.host}:${options.port} is another device than expected.`);
    }
  } catch (error) {
    socket.destroy();
    throw error;
  }
  const link = linkOver(socket, peerId, '', options.side, reads);
  const { body } = await receiveControl(link, ['open'], Math.max(1, deadline - performance.now()), options.signal);
  link.nonce = body.nonce;
  return link;
}

function handshake(options: DialOptions, reads: SocketReads): Promise<TLSSocket> {
  const { host, port, timeoutMs, signal } = options;
  return new Promise((resolve, reject) => {
    const dial: ConnectionOptions = { ...tlsOptions(options.identity), host, port, servername: '' };
    const socket = connect({ ...dial, onread: reads.onread } as ConnectionOptions);
    const settle = (error?: Error): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.off('error', unreachable);
      socket.off('close', hungUp);
      if (error === undefined) return resolve(socket);
      socket.on('error', () => undefined);
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(() => settle(new ClusterFailedError(
      'PEER_TIMEOUT', `${host}:${port} did not answer within ${timeoutMs / 1000} s. Check the address and the firewall.`,
      { values: { address: `${host}:${port}` } },
    )), timeoutMs);
    const onAbort = (): void => settle(new InterruptedError());
    const unreachable = (cause?: Error): void => settle(new ClusterFailedError(
      'PEER_UNREACHABLE',
      `${host}:${port} cannot be reached (${cause?.message ?? 'it hung up'}). Check that Hearth runs there and is let through.`,
      { cause, values: { address: `${host}:${port}` } },
    ));
    socket.once('error', unreachable);
    const hungUp = (): void => unreachable();
    socket.once('close', hungUp);
    socket.once('secureConnect', () => settle());
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
  });
}
