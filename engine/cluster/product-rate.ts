import { kernels, WeightType, type Memory } from '../../native-kernels/index.js';
import { dtypeBytes, type Dtype } from '../formats/dtype.js';

/** Larger than the caches of laptops, so that weights come from memory as they do in an answer. */
const weightBytes = 64 * 2 ** 20;
const columns = 4096;
/** Time spent on each of the five types. */
const millisecondsEach = 40;

/**
 * Bytes of weights multiplied in a second, for every type: one token at a time, which is how an answer is made. Takes about
 * a quarter of a second and 64 MiB, given back afterwards; other work of the event loop gets its turn between the types.
 */
export async function measureProductRates(): Promise<Record<Dtype, number>> {
  const weights = kernels.allocate(weightBytes);
  const vectors = kernels.allocate((columns + weightBytes / columns * 4) * 4);
  try {
    fill(weights);
    const rates: Partial<Record<Dtype, number>> = {};
    for (const type of Object.keys(WeightType) as Dtype[]) {
      rates[type] = productRate(type, weights, vectors);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    return rates as Record<Dtype, number>;
  } finally {
    kernels.free(weights);
    kernels.free(vectors);
  }
}

/** Pages that were never written share one page of zeros, which would all come from the cache. */
function fill(weights: Memory): void {
  // 0x3c3c is a small number in every type: no product of it is a denormal, and a block's scale is about 1.
  const piece = new Uint8Array(2 ** 20).fill(0x3c);
  for (let offset = 0; offset < weightBytes; offset += piece.length) kernels.write(weights, offset, piece);
}

/** The best of some rounds: what disturbs a measurement only makes it slower. */
function productRate(type: Dtype, weights: Memory, vectors: Memory): number {
  const rows = Math.floor(weightBytes / dtypeBytes(type, columns));
  const bytes = rows * dtypeBytes(type, columns);
  const until = performance.now() + millisecondsEach;
  let best = Infinity;
  for (let round = 0; round < 2 || performance.now() < until; round++) {
    const started = performance.now();
    kernels.matmul(WeightType[type], weights, 0, rows, columns, vectors, 0, columns, vectors, columns * 4, rows, 1);
    best = Math.min(best, performance.now() - started);
    // A very slow machine has shown what it is after one round.
    if (best > 2 * millisecondsEach) break;
  }
  return (bytes / best) * 1000;
}
