import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { Memory } from '../../../native-kernels/index.js';
import type { AllReduce } from '../../../engine/collective/all-reduce.js';
import type { ArrayMemory } from './array-memory.js';

/** One rank of a world, and the memory it works on. */
export interface Rank {
  readonly collective: AllReduce;
  readonly memory: ArrayMemory;
}

export interface World {
  readonly ranks: readonly Rank[];
  /** Cuts a rank off without a goodbye; undefined where ranks cannot be lost. */
  readonly kill?: (rank: number) => void;
  close(): void;
}

const seed = process.env['HEARTH_SEED'] === undefined ? {} : { seed: Number(process.env['HEARTH_SEED']) };
/** 65,536 bytes are a piece: one float less, as many, and one more; a MiB; fewer than ranks; odd ones. */
const lengths = [1, 2, 3, 7, 101, 4096, 16_383, 16_384, 16_385, 262_144];

/** Values whose sums depend on the order of summation, different on every rank. */
function valuesOf(rank: number, floats: number, round = 0): Float32Array {
  let state = (rank * 7919 + floats * 31 + round * 104_729 + 1) >>> 0;
  return Float32Array.from({ length: floats }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state / 2 ** 32 - 0.5) * 10 ** (state % 5);
  });
}

function exactSum(worldSize: number, floats: number, round = 0): Float64Array {
  const sum = new Float64Array(floats);
  for (let rank = 0; rank < worldSize; rank += 1) valuesOf(rank, floats, round).forEach((v, i) => (sum[i] = (sum[i] ?? 0) + v));
  return sum;
}

const bits = (values: Float32Array): Buffer => Buffer.from(values.buffer, values.byteOffset, values.byteLength);

function expectSum(results: readonly Float32Array[], worldSize: number, floats: number, round = 0): void {
  const expected = exactSum(worldSize, floats, round);
  const [first] = results;
  if (first === undefined) throw new Error('No results');
  let worst = 0;
  first.forEach((value, index) => (worst = Math.max(worst, Math.abs(value - (expected[index] ?? 0)))));
  expect(worst).toBeLessThan(0.01);
  for (const result of results) expect(bits(result).equals(bits(first))).toBe(true);
}

/**
 * What every collective promises, whatever it runs over. `ordered`: totals have the bits of a sum in
 * rank order; `loses`: ranks can be cut off. */
export function allReduceCompliance(
  name: string, build: (worldSize: number) => Promise<World>, traits: { ordered: boolean; loses: boolean; rounds?: number },
): void {
  describe(`${name} keeps the contract of an all-reduce`, () => {
    let world: World | undefined;
    const open = async (worldSize: number): Promise<World> => (world = await build(worldSize));
    afterEach(() => {
      world?.close();
      world = undefined;
    });

    test.each([1, 2, 3, 4, 5])('%i ranks end with the sum, bit for bit the same, for every length', async (worldSize) => {
      const { ranks } = await open(worldSize);
      for (const floats of lengths) {
        const memories = ranks.map(({ memory }, rank) => memory.allocate(valuesOf(rank, floats)));
        await Promise.all(ranks.map(async ({ collective }, rank) => collective.allReduce(memories[rank] as Memory, 0, floats)));
        expectSum(ranks.map(({ memory }, rank) => memory.values(memories[rank] as Memory)), worldSize, floats);
      }
    });

    test('only the values named by offset and length change', async () => {
      const { ranks } = await open(3);
      const memories = ranks.map(({ memory }, rank) => memory.allocate(valuesOf(rank, 100)));
      await Promise.all(ranks.map(async ({ collective }, rank) => collective.allReduce(memories[rank] as Memory, 40, 55)));
      const sum = exactSum(3, 100);
      ranks.forEach(({ memory }, rank) => {
        const own = valuesOf(rank, 100);
        memory.values(memories[rank] as Memory).forEach((value, index) => {
          if (index < 10 || index >= 65) expect(value).toBe(own[index]);
          else expect(value).toBeCloseTo(sum[index] ?? NaN, 2);
        });
      });
    });

    test("rank 0's values replace everyone's in a broadcast", async () => {
      for (const worldSize of [1, 2, 4]) {
        const { ranks, close } = await open(worldSize);
        for (const floats of lengths) {
          const memories = ranks.map(({ memory }, rank) => memory.allocate(valuesOf(rank, floats)));
          await Promise.all(ranks.map(async ({ collective }, rank) => collective.broadcast(memories[rank] as Memory, 0, floats)));
          for (const [rank, { memory }] of ranks.entries()) {
            expect(bits(memory.values(memories[rank] as Memory)).equals(bits(valuesOf(0, floats)))).toBe(true);
          }
        }
        close();
      }
    });

    test('ranks that come early or late, in any order, sum the same', async () => {
      const { ranks } = await open(4);
      await fc.assert(fc.asyncProperty(
        fc.array(fc.array(fc.nat({ max: 12 }), { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 9000 }),
        async (delays, floats) => {
          const runs = ranks.map(async ({ collective, memory }, rank) => {
            const results = [];
            for (const [round, delay] of delays.entries()) {
              for (let turns = delay[rank] ?? 0; turns > 0; turns -= 1) await new Promise((go) => setImmediate(go));
              const handle = memory.allocate(valuesOf(rank, floats, round));
              await collective.allReduce(handle, 0, floats);
              results.push(memory.values(handle));
            }
            return results;
          });
          const results = await Promise.all(runs);
          delays.forEach((_, round) => {
            expectSum(results.map((own) => own[round] ?? new Float32Array(0)), 4, floats, round);
            if (!traits.ordered) return;
            const inOrder = valuesOf(0, floats, round);
            for (let rank = 1; rank < 4; rank += 1) {
              valuesOf(rank, floats, round).forEach((v, i) => (inOrder[i] = (inOrder[i] ?? 0) + v));
            }
            expect(bits(results[0]?.[round] ?? new Float32Array(0)).equals(bits(inOrder))).toBe(true);
          });
        },
      ), { numRuns: traits.rounds ?? 15, ...seed });
    });

    test('all-reduces are counted, and their time is split', async () => {
      const { ranks } = await open(2);
      for (let round = 0; round < 3; round += 1) {
        await Promise.all(ranks.map(async ({ collective, memory }) => collective.allReduce(memory.allocate(new Float32Array(64)), 0, 64)));
      }
      for (const { collective } of ranks) {
        const stats = collective.stats();
        expect(stats.allReduces).toBe(3);
        expect(stats.waitMs).toBeGreaterThanOrEqual(0);
        expect(stats.wireMs).toBeGreaterThanOrEqual(0);
      }
    });

    if (traits.loses) lostRanks(open);
  });
}

/** What a collective promises whose ranks can be cut off. */
function lostRanks(open: (worldSize: number) => Promise<World>): void {
  test.each([2, 3, 5])('with %i ranks, a lost one is named to all others within a pending call, and ever after', async (n) => {
    const { ranks, kill } = await open(n);
    if (kill === undefined) throw new Error('No rank can be lost here');
    const lost = n - 1;
    const call = ({ collective, memory }: Rank) => collective.allReduce(memory.allocate(new Float32Array(4096)), 0, 4096);
    const pending = ranks.slice(0, lost).map((rank) => Promise.resolve(call(rank)));
    const outcome = Promise.allSettled(pending);
    await new Promise((go) => setImmediate(go));
    kill(lost);
    for (const result of await outcome) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'NODE_LOST', rank: lost } });
    }
    for (const rank of ranks.slice(0, lost)) await expect(call(rank)).rejects.toMatchObject({ code: 'NODE_LOST', rank: lost });
  });

  test('a rank lost while others compute is named to the one that waits', async () => {
    for (const lost of [1, 2, 3]) {
      const { ranks, kill } = await open(4);
      if (kill === undefined) throw new Error('No rank can be lost here');
      const { collective, memory } = ranks[0] as Rank;
      const pending = collective.allReduce(memory.allocate(new Float32Array(64)), 0, 64);
      setImmediate(() => kill(lost));
      await expect(pending).rejects.toMatchObject({ code: 'NODE_LOST', rank: lost });
    }
  });

  test('losing rank 0 is told to everyone, though none had sent it anything', async () => {
    const { ranks, kill } = await open(3);
    if (kill === undefined) throw new Error('No rank can be lost here');
    const waiting = ranks.slice(1).map(({ collective, memory }) =>
      Promise.resolve(collective.broadcast(memory.allocate(new Float32Array(10)), 0, 10)));
    const outcome = Promise.allSettled(waiting);
    kill(0);
    for (const result of await outcome) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'NODE_LOST', rank: 0 } });
    }
  });
}
