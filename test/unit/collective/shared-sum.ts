import type { Memory } from '../../../native-kernels/index.js';
import type { AllReduce } from '../../../engine/collective/all-reduce.js';
import { ArrayMemory } from './array-memory.js';
import type { Rank, World } from './all-reduce-compliance.js';

interface Arrival {
  memory: Memory;
  offset: number;
  floats: number;
  done: () => void;
}

/** All ranks in one process, without a network: the last one to arrive sums for all, in rank order. */
export function sharedSumWorld(worldSize: number): World {
  const ranks: Rank[] = [];
  const meetings = { allReduce: [] as Arrival[], broadcast: [] as Arrival[] };
  const counts = { allReduces: 0 };
  const slice = (rank: number, { memory, offset, floats }: Arrival): Float32Array =>
    (ranks[rank] as Rank).memory.values(memory).subarray(offset / 4, offset / 4 + floats);

  const meet = (kind: 'allReduce' | 'broadcast', rank: number, arrival: Omit<Arrival, 'done'>): Promise<void> =>
    new Promise((done) => {
      meetings[kind][rank] = { ...arrival, done };
      if (Object.keys(meetings[kind]).length < worldSize) return;
      const all = meetings[kind];
      meetings[kind] = [];
      if (kind === 'allReduce') counts.allReduces += 1;
      const total = slice(0, all[0] as Arrival).slice();
      for (let other = 1; kind === 'allReduce' && other < worldSize; other += 1) {
        slice(other, all[other] as Arrival).forEach((value, index) => (total[index] = (total[index] ?? 0) + value));
      }
      all.forEach((one, index) => slice(index, one).set(total));
      for (const one of all) one.done();
    });

  for (let rank = 0; rank < worldSize; rank += 1) {
    const collective: AllReduce = {
      rank,
      worldSize,
      allReduce: (memory, offset, floats) => meet('allReduce', rank, { memory, offset, floats }),
      broadcast: (memory, offset, floats) => meet('broadcast', rank, { memory, offset, floats }),
      stats: () => ({ allReduces: counts.allReduces, waitMs: 0, wireMs: 0, bytesSent: 0, bytesReceived: 0 }),
      close: () => undefined,
    };
    ranks.push({ collective, memory: new ArrayMemory() });
  }
  return { ranks, close: () => undefined };
}
