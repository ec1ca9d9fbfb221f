import type { Memory } from '../../native-kernels/index.js';

/** Where the time of an all-reduce went and what it moved, summed since the start. */
export interface AllReduceStats {
  allReduces: number;
  /** Waiting for a slower node's contribution (ms). */
  waitMs: number;
  /** Everything else between call and return (ms): sending, receiving, summing. */
  wireMs: number;
  bytesSent: number;
  bytesReceived: number;
}

/**
 * Sums F32 partial results over all ranks, in place, identically on every rank (paper section 3.2, star by default).
 * Calls are strictly sequential per instance. Returns undefined when nothing has to be awaited (one node).
 */
export interface AllReduce {
  readonly rank: number;
  readonly worldSize: number;
  /** Sums `floats` values at `offset` bytes of `memory` over all ranks. Rejects with ClusterFailedError naming the lost rank. */
  allReduce(memory: Memory, offset: number, floats: number): Promise<void> | undefined;
  /** Rank 0's values replace everyone's (the hidden state before the first layer). */
  broadcast(memory: Memory, offset: number, floats: number): Promise<void> | undefined;
  stats(): AllReduceStats;
  close(): void;
}

/** The only node there is: nothing to sum, nothing to wait for. */
export const soloAllReduce: AllReduce = {
  rank: 0,
  worldSize: 1,
  allReduce: () => undefined,
  broadcast: () => undefined,
  stats: () => ({ allReduces: 0, waitMs: 0, wireMs: 0, bytesSent: 0, bytesReceived: 0 }),
  close: () => undefined,
};
