import type { Weights } from './random-weights.js';

/** Products in double precision, and for each the sum of the terms' magnitudes: what rounding errors are measured by. */
export interface Products {
  /** (tokens, rows) */
  readonly values: Float64Array;
  /** (tokens, rows) */
  readonly magnitudes: Float64Array;
  /** (tokens, rows): the most that rounding the activations to 16 bits in blocks of 32 may add; 0 where none are rounded. */
  readonly roundings: Float64Array;
}

/** Steps from 0 to the largest of a block of 32 activations, and the size below which a block counts as zero. */
const INT16_STEPS = 32639;
const INT16_LEAST = 1e-30;

/** Half a step for each block of a token's activations. */
function halfSteps(token: Float32Array): Float64Array {
  return Float64Array.from({ length: Math.ceil(token.length / 32) }, (_, block) => {
    const largest = token.subarray(block * 32, block * 32 + 32).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return largest < INT16_LEAST ? largest : largest / INT16_STEPS / 2;
  });
}

/** y[t, r] = sum over c of W[r, c] * x[t, c] for `x` rows of `weights.cols` floats, which the kernel may have rounded. */
export function referenceProducts(weights: Weights, x: readonly Float32Array[], rounded: boolean): Products {
  const { rows, cols } = weights;
  const values = new Float64Array(x.length * rows);
  const magnitudes = new Float64Array(x.length * rows);
  const roundings = new Float64Array(x.length * rows);
  x.forEach((token, t) => {
    const steps = halfSteps(token);
    for (let r = 0; r < rows; r++) {
      let sum = 0;
      let magnitude = 0;
      let rounding = 0;
      for (let c = 0; c < cols; c++) {
        const scale = weights.scales.length > 0 ? weights.scales[(r * cols + c) >> 5]! : 1;
        const weight = weights.values[r * cols + c]! * scale;
        const term = weight * token[c]!;
        if (rounded) rounding += Math.abs(weight) * steps[c >> 5]!;
        sum += term;
        magnitude += Math.abs(term);
      }
      values[t * rows + r] = sum;
      magnitudes[t * rows + r] = magnitude;
      roundings[t * rows + r] = rounding;
    }
  });
  return { values, magnitudes, roundings };
}
