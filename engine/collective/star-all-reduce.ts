import type { Link } from '../wire/link.js';
import { messages, pieceBytes } from '../wire/messages.js';
import { LinkedCollective } from './linked-collective.js';
import { Operation, pieceLength, type PeerLink } from './operation.js';

/**
 * The paper's star (section 3.2): workers send their partial sums to rank 0, which adds them IN RANK ORDER, whatever the
 * order of arrival, and sends the total to all: two hops. Two nodes need only one: each sends its partial to the other
 * and adds what comes; a + b and b + a have the same bits.
 */
export class StarAllReduce extends LinkedCollective {
  readonly #pair = this.worldSize === 2;
  #pieces = 0;
  #sent = 0;
  #received = 0;
  /** Rank 0: index in `peers` of the one whose piece `#received` is added next. */
  #turn = 0;

  protected override beginAllReduce(): void {
    this.#begin();
  }

  protected override beginBroadcast(): void {
    this.#begin();
  }

  #begin(): void {
    this.#pieces = Operation.pieces(this.operation.bytes);
    this.#sent = 0;
    this.#received = 0;
    this.#turn = 0;
  }

  protected override advanceAllReduce(): boolean {
    if (this.rank === 0 && !this.#pair) return this.#sumAll();
    return this.#exchange(this.#peer(0));
  }

  protected override advanceBroadcast(): boolean {
    if (this.rank === 0) return this.#sendToAll();
    const peer = this.#peer(0);
    while (this.#received < this.#pieces) {
      const frame = this.take(peer);
      if (frame === undefined) return false;
      const length = pieceLength(this.operation.bytes, this.#received);
      const values = this.operation.check(peer, frame, messages.hidden, this.#received, length);
      this.operation.write(this.#received * pieceBytes, values);
      this.#received += 1;
    }
    return true;
  }

  protected override commandTargets(): readonly Link[] {
    return this.rank === 0 ? this.peers.map(({ link }) => link) : [];
  }

  protected override commandSource(): PeerLink | undefined {
    return this.rank === 0 ? undefined : this.#peer(0);
  }

  /** A worker's side, and both sides of a pair: own pieces out, and what comes back in, as far as own pieces are out. */
  #exchange(peer: PeerLink): boolean {
    const { operation } = this;
    for (;;) {
      while (this.#sent < this.#pieces && !peer.link.full) {
        const length = pieceLength(operation.bytes, this.#sent);
        operation.send(peer.link, messages.partial, this.#sent, this.#sent * pieceBytes, length);
        this.#sent += 1;
        this.clock.sent();
      }
      if (this.#received === this.#pieces) return true;
      if (peer.link.hasBytes()) this.clock.began();
      const frame = this.#received < this.#sent ? this.take(peer) : undefined;
      if (frame === undefined) return false;
      const length = pieceLength(operation.bytes, this.#received);
      const message = this.#pair ? messages.partial : messages.total;
      const values = operation.check(peer, frame, message, this.#received, length);
      if (this.#pair) operation.add(this.#received * pieceBytes, values);
      else operation.write(this.#received * pieceBytes, values);
      this.#received += 1;
    }
  }

  /** Rank 0's side: adds rank 1's piece, then rank 2's, …, to its own, then sends the total. */
  #sumAll(): boolean {
    const { operation, peers } = this;
    for (; this.#received < this.#pieces; this.#received += 1, this.#turn = 0) {
      const length = pieceLength(operation.bytes, this.#received);
      for (; this.#turn < peers.length; this.#turn += 1) {
        const peer = this.#peer(this.#turn);
        if (this.#turn === peers.length - 1 && peer.link.hasBytes()) this.clock.began();
        const frame = this.take(peer);
        if (frame === undefined) return false;
        const values = operation.check(peer, frame, messages.partial, this.#received, length);
        operation.add(this.#received * pieceBytes, values);
      }
      if (peers.some(({ link }) => link.full)) return false;
      for (const { link } of peers) {
        operation.send(link, messages.total, this.#received, this.#received * pieceBytes, length);
      }
    }
    return true;
  }

  #sendToAll(): boolean {
    const { operation, peers } = this;
    for (; this.#sent < this.#pieces; this.#sent += 1) {
      if (peers.some(({ link }) => link.full)) return false;
      const length = pieceLength(operation.bytes, this.#sent);
      for (const { link } of peers) {
        operation.send(link, messages.hidden, this.#sent, this.#sent * pieceBytes, length);
      }
    }
    return true;
  }

  #peer(index: number): PeerLink {
    const peer = this.peers[index];
    if (peer === undefined) throw new Error(`No peer ${index}`);
    return peer;
  }
}
