import type { Link } from '../wire/link.js';
import { messages, pieceBytes } from '../wire/messages.js';
import { LinkedCollective } from './linked-collective.js';
import { NodeLostError } from './node-lost-error.js';
import { Operation, pieceLength, type PeerLink, type TensorPort } from './operation.js';

/** A place in the order of a ring's pieces: all pieces of a step's chunk, then the next step's. */
interface Cursor {
  step: number;
  piece: number;
  /** Counts pieces of the call, for the check on the other side. */
  count: number;
}

/**
 * Reduce-scatter, then all-gather: every rank sends to the next one only. The values are cut into one chunk per rank;
 * chunk c's sum starts at rank c and takes one rank after another, so its order is fixed, and everyone ends with the
 * bits that rank c - 1 finished. Less traffic per node than the star, but 2(N - 1) hops.
 */
export class RingAllReduce extends LinkedCollective {
  readonly #next: PeerLink;
  readonly #previous: PeerLink;
  readonly #sending: Cursor = { step: 0, piece: 0, count: 0 };
  readonly #receiving: Cursor = { step: 0, piece: 0, count: 0 };

  constructor(
    rank: number, worldSize: number, next: PeerLink, previous: PeerLink, tensors: TensorPort, spinMicroseconds: number,
  ) {
    super(rank, worldSize, [next, previous], tensors, spinMicroseconds);
    this.#next = next;
    this.#previous = previous;
  }

  protected override beginAllReduce(): void {
    for (const cursor of [this.#sending, this.#receiving]) {
      cursor.step = 0;
      cursor.piece = 0;
      cursor.count = 0;
    }
    this.#settle(this.#sending, 0);
    this.#settle(this.#receiving, 1);
  }

  protected override beginBroadcast(): void {
    this.#receiving.count = 0;
    this.#sending.count = 0;
  }

  protected override advanceAllReduce(): boolean {
    const last = 2 * (this.worldSize - 1);
    for (;;) {
      const moved = this.#sendOne(last) || this.#receiveOne(last);
      if (this.#sending.step === last && this.#receiving.step === last) return true;
      if (!moved) return this.#listen();
    }
  }

  protected override advanceBroadcast(): boolean {
    const pieces = Operation.pieces(this.operation.bytes);
    const { operation } = this;
    const forwards = this.#next.rank !== 0;
    for (; this.#sending.count < pieces; this.#sending.count += 1) {
      if (forwards && this.#next.link.full) return this.#listen();
      const piece = this.#sending.count;
      const length = pieceLength(operation.bytes, piece);
      if (this.rank !== 0) {
        const frame = this.take(this.#previous);
        if (frame === undefined) return this.#listen();
        operation.write(piece * pieceBytes, operation.check(this.#previous, frame, messages.hidden, piece, length));
      }
      if (forwards) operation.send(this.#next.link, messages.hidden, piece, piece * pieceBytes, length);
    }
    return true;
  }

  protected override commandTargets(): readonly Link[] {
    return this.#next.rank === 0 ? [] : [this.#next.link];
  }

  protected override commandSource(): PeerLink | undefined {
    return this.rank === 0 ? undefined : this.#previous;
  }

  /** A piece goes out at once in the first step; later ones once they came in, one step before. */
  #sendOne(last: number): boolean {
    const { operation } = this;
    const cursor = this.#sending;
    const came = this.#receiving;
    if (cursor.step === last || this.#next.link.full) return false;
    const ready = cursor.step === 0 || came.step >= cursor.step
      || (came.step === cursor.step - 1 && came.piece > cursor.piece);
    if (!ready) return false;
    const { start, bytes } = this.#chunk(cursor.step, 0);
    const at = cursor.piece * pieceBytes;
    operation.send(this.#next.link, messages.ringChunk, cursor.count, start + at, pieceLength(bytes, cursor.piece));
    this.clock.sent();
    this.#forward(cursor, 0);
    return true;
  }

  #receiveOne(last: number): boolean {
    const { operation } = this;
    const cursor = this.#receiving;
    if (cursor.step === last) return false;
    if (this.#previous.link.hasBytes()) this.clock.began();
    const frame = this.take(this.#previous);
    if (frame === undefined) return false;
    const { start, bytes } = this.#chunk(cursor.step, 1);
    const at = cursor.piece * pieceBytes;
    const values = operation.check(this.#previous, frame, messages.ringChunk, cursor.count, pieceLength(bytes, cursor.piece));
    if (cursor.step < this.worldSize - 1) operation.add(start + at, values);
    else operation.write(start + at, values);
    this.#forward(cursor, 1);
    return true;
  }

  #forward(cursor: Cursor, behind: 0 | 1): void {
    cursor.piece += 1;
    cursor.count += 1;
    this.#settle(cursor, behind);
  }

  /** Goes to the next step when this one's chunk is done; chunks of fewer floats than ranks may be empty. */
  #settle(cursor: Cursor, behind: 0 | 1): void {
    const last = 2 * (this.worldSize - 1);
    while (cursor.step < last && cursor.piece >= Operation.pieces(this.#chunk(cursor.step, behind).bytes)) {
      cursor.step += 1;
      cursor.piece = 0;
    }
  }

  /** Bytes of the chunk that is sent (`behind` 0) or received (1) in a step. */
  #chunk(step: number, behind: 0 | 1): { start: number; bytes: number } {
    const chunk = (((this.rank - step - behind) % this.worldSize) + this.worldSize) % this.worldSize;
    const floats = this.operation.bytes / 4;
    const start = Math.floor((floats * chunk) / this.worldSize) * 4;
    const end = Math.floor((floats * (chunk + 1)) / this.worldSize) * 4;
    return { start, bytes: end - start };
  }

  /** The next rank sends nothing but news of a loss. */
  #listen(): false {
    const frame = this.take(this.#next);
    if (frame === undefined) return false;
    throw new NodeLostError(this.#next.rank, `it sent a ${frame.message.name} against the ring's direction.`);
  }
}
