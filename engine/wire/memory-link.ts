import { randomBytes } from 'node:crypto';
import { ClusterFailedError } from '../errors.js';
import { FrameLink, type ByteStream } from './frame-link.js';
import type { Link } from './link.js';
import type { LinkSide } from './messages.js';

export interface MemoryEnd {
  readonly deviceId: string;
  readonly side: LinkSide;
}

/** One direction of a connection within this process: bytes arrive later, in order, in pieces of `chunkBytes`. */
class MemoryStream implements ByteStream {
  to: FrameLink | undefined;
  back: MemoryStream | undefined;
  readonly #queue: { bytes: Buffer; done: () => void }[] = [];
  #reading = true;
  #scheduled = false;
  #ended = false;

  constructor(private readonly chunkBytes: number) {}

  write(bytes: Buffer, done: () => void): void {
    this.#queue.push({ bytes, done });
    this.#schedule();
  }

  setReading(on: boolean): void {
    if (this.back === undefined) return;
    this.back.#reading = on;
    if (on) this.back.#schedule();
  }

  end(now: boolean): void {
    if (now) this.#queue.length = 0;
    this.#ended = true;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#deliver());
  }

  #deliver(): void {
    this.#scheduled = false;
    while (this.#reading) {
      const next = this.#queue.shift();
      if (next === undefined) break;
      const copy = Uint8Array.from(next.bytes);
      next.done();
      for (let at = 0; at < copy.length; at += this.chunkBytes) {
        this.to?.arrived(copy.subarray(at, at + this.chunkBytes));
      }
    }
    if (this.#ended && this.#queue.length === 0) {
      this.to?.lost(new ClusterFailedError('LINK_CLOSED', 'The other node closed the connection.'));
    }
  }
}

/**
 * Two ends of a connection within this process, for nodes that live in one. `chunkBytes` cuts what arrives, as a network
 * does.
 */
export function memoryLinkPair(a: MemoryEnd, b: MemoryEnd, chunkBytes = 16_384): [Link, Link] {
  const nonce = randomBytes(32).toString('hex');
  const fromA = new MemoryStream(chunkBytes);
  const fromB = new MemoryStream(chunkBytes);
  const linkA = new FrameLink(b.deviceId, nonce, a.side, fromA);
  const linkB = new FrameLink(a.deviceId, nonce, b.side, fromB);
  fromA.to = linkB;
  fromA.back = fromB;
  fromB.to = linkA;
  fromB.back = fromA;
  return [linkA, linkB];
}
