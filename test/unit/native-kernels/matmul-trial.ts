import type { Kernels } from '../../../native-kernels/index.js';
import { referenceProducts } from './matmul-reference.js';
import { isQuantised, type Weights } from './random-weights.js';

/** Where in memory a trial puts things: weights start at any byte, rows of x and y are further apart than they are long. */
export interface Placement {
  readonly weightOffset: number;
  readonly xGap: number;
  readonly yGap: number;
}

const UNTOUCHED = -12345.5;

/** Runs one product and returns y as it lies in memory: (tokens, rows + yGap). */
export function runMatmul(kernels: Kernels, weights: Weights, x: readonly Float32Array[], placement: Placement): Float32Array {
  const { type, rows, cols } = weights;
  const tokens = x.length;
  const xStride = cols + placement.xGap;
  const yStride = rows + placement.yGap;
  const y = new Float32Array(tokens * yStride).fill(UNTOUCHED);
  const xs = new Float32Array(tokens * xStride);
  x.forEach((token, t) => xs.set(token, t * xStride));
  const memories = [
    kernels.allocate(weights.bytes.length + placement.weightOffset),
    kernels.allocate(xs.byteLength),
    kernels.allocate(y.byteLength),
  ] as const;
  const [w, xMemory, yMemory] = memories;
  try {
    kernels.write(w, placement.weightOffset, weights.bytes);
    kernels.write(xMemory, 0, xs);
    kernels.write(yMemory, 0, y);
    kernels.matmul(type, w, placement.weightOffset, rows, cols, xMemory, 0, xStride, yMemory, 0, yStride, tokens);
    kernels.read(yMemory, 0, y);
  } finally {
    for (const memory of memories) kernels.free(memory);
  }
  return y;
}

/** Sums of single-precision terms err by a few units in the last place of the terms' magnitudes, slowly more with length. */
function allowedError(magnitude: number, cols: number): number {
  return magnitude * 2 ** -23 * (2 + Math.sqrt(cols)) + 1e-37;
}

/**
 * What differs from the double-precision reference, as sentences; empty when nothing does. With VNNI, activations meet
 * quantised weights as 16-bit numbers: each may be half a step off, and no more.
 */
export function mismatches(
  set: string, weights: Weights, x: readonly Float32Array[], y: Float32Array, placement: Placement,
): string[] {
  const expected = referenceProducts(weights, x, set === 'avx512vnni' && isQuantised(weights.type));
  const yStride = weights.rows + placement.yGap;
  const found: string[] = [];
  y.forEach((value, i) => {
    const row = i % yStride;
    const token = Math.floor(i / yStride);
    if (row >= weights.rows) {
      if (value !== UNTOUCHED) found.push(`token ${token}: wrote ${value} behind the last row`);
      return;
    }
    const want = expected.values[token * weights.rows + row]!;
    const magnitude = expected.magnitudes[token * weights.rows + row]!;
    const allowed = allowedError(magnitude, weights.cols) + expected.roundings[token * weights.rows + row]!;
    const same = Object.is(value, want) || (value === 0 && want === 0);
    if (!same && !(Math.abs(value - want) <= allowed)) {
      found.push(`token ${token}, row ${row}: ${value} instead of ${want}`);
    }
  });
  return found;
}
