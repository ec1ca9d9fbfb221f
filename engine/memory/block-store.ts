import type { Memory } from '../../native-kernels/index.js';

/**
 * Where a block's bytes lie in memory. Bytes before `splitAt` start at `base`; in a ring a block may go on at its start,
 * so bytes from `splitAt` on lie at `wrapBase`. `splitAt` is always a row boundary, so a matrix is in two pieces at most.
 */
export interface BlockLocation {
  memory: Memory;
  /** Bytes from the start of `memory` to the block's byte 0. */
  base: number;
  /** Block byte at which the block wraps; Infinity where it lies in one piece. */
  splitAt: number;
  /** Bytes from the start of `memory` to the block's byte `splitAt`. */
  wrapBase: number;
}

/** Address in `location.memory` of a block's byte. */
export function addressOf(location: BlockLocation, byte: number): number {
  return byte < location.splitAt ? location.base + byte : location.wrapBase + (byte - location.splitAt);
}

/**
 * Holds one node's blocks for the layer loop: all resident, or passing through a window. Blocks are used in order:
 * layers first, then (on the master, where asked for) the output head.
 */
export interface BlockStore {
  /** Announces the next forward pass, so that a window can look ahead. */
  startPass(includeOutput: boolean): void;
  /** Makes block `index` present. Undefined when it already is, so that the layer loop need not yield. */
  acquire(index: number): Promise<void> | undefined;
  /** Valid between acquire and release; the same object is reused, never kept. */
  location(index: number): BlockLocation;
  /** The block's bytes before `upTo` (default: all) are not needed again in this pass. */
  release(index: number, upTo?: number): void;
  /** Bytes of weights read since the start. */
  bytesRead(): number;
  close(): void;
}
