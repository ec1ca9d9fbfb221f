import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { ClusterFailedError, InterruptedError } from '../errors.js';
import type { TlsIdentity } from '../wire/device-id.js';
import { provenPeer, tlsOptions } from '../wire/tls-link.js';

/** A slice server. */
export interface SlicePeer {
  readonly host: string;
  readonly port: number;
  /** The only device that is believed to be it. */
  readonly deviceId: string;
}

/** A node's connections to the slice server of another: at most `connections` at once, each to the pinned device. */
export class SliceConnection {
  readonly #agent: Agent;
  /** Connections whose other end has proved to be that device. */
  readonly #proven = new WeakSet<Socket>();

  /** @param who what people call the other node, such as `the master`. */
  constructor(
    private readonly peer: SlicePeer,
    private readonly identity: TlsIdentity,
    connections: number,
    private readonly who: string,
  ) {
    // Every connection proves the other's key afresh, so no session is kept for resumption.
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections, maxCachedSessions: 0 });
  }

  /**
   * Asks for what lies at `path`, from byte `start` on.
   * Rejects with ClusterFailedError SLICE_UNREACHABLE, SLICE_REFUSED or PEER_IDENTITY, or InterruptedError.
   */
  get(path: string, start: number, signal?: AbortSignal): Promise<IncomingMessage> {
    const { identity, peer: { host, port } } = this;
    return new Promise((resolve, reject) => {
      const asked = request({
        ...tlsOptions(identity), host, port, servername: '', agent: this.#agent, path, timeout: 15_000,
        ...(start > 0 ? { headers: { range: `bytes=${start}-` } } : {}), ...(signal === undefined ? {} : { signal }),
      });
      asked.on('socket', (socket) => socket instanceof TLSSocket && this.#prove(socket));
      asked.on('timeout', () => asked.destroy(new Error('no answer for 15 s')));
      asked.on('error', (error) => reject(signal?.aborted === true ? new InterruptedError() : this.#failure(error)));
      asked.on('response', (response) => {
        try {
          resolve(this.#checked(response, path, start));
        } catch (error) {
          response.destroy();
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
      asked.end();
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  /** A socket that was kept alive has been judged already. */
  #prove(socket: TLSSocket): void {
    if (this.#proven.has(socket)) return;
    socket.once('secureConnect', () => {
      try {
        if (provenPeer(socket) !== this.peer.deviceId) throw this.#stranger();
        this.#proven.add(socket);
      } catch (error) {
        socket.destroy(error as Error);
      }
    });
  }

  #checked(response: IncomingMessage, path: string, start: number): IncomingMessage {
    if (!this.#proven.has(response.socket)) throw this.#stranger();
    const due = start > 0 ? 206 : 200;
    const resumes = start === 0 || response.headers['content-range']?.startsWith(`bytes ${start}-`) === true;
    if (response.statusCode === due && resumes) return response;
    throw new ClusterFailedError(
      'SLICE_REFUSED',
      `${capital(this.who)} does not give ${path} (HTTP ${response.statusCode ?? 0}). Let the master slice the model again with --split-bin.`,
      { values: { file: path } },
    );
  }

  #stranger(): ClusterFailedError {
    const { who, peer: { host, port } } = this;
    return new ClusterFailedError('PEER_IDENTITY', `${host}:${port} is another device than ${who}. Nothing was taken from it.`);
  }

  #failure(cause: Error): Error {
    if (cause instanceof ClusterFailedError) return cause;
    const { who, peer: { host, port } } = this;
    return new ClusterFailedError(
      'SLICE_UNREACHABLE', `${host}:${port} gives no slices (${cause.message}). Check that ${who} runs and lets the file port through.`,
      { cause },
    );
  }
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
