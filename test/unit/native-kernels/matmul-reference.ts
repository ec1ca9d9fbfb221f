import type { Weights } from './random-weights.js';

/** Products in double precision, and for each the sum of the terms' magnitudes: what rounding errors are measured by. */
export interface Products {
  /** (tokens, rows) */
  readonly values: Float64Array;
  /** (tokens, rows) */
  readonly magnitudes: Float64Array;
}

/** y[t, r] = sum over c of W[r, c] * x[t, c] for `x` rows of `weights.cols` floats. */
export function referenceProducts(weights: Weights, x: readonly Float32Array[]): Products {
  const { rows, cols } = weights;
  const values = new Float64Array(x.length * rows);
  const magnitudes = new Float64Array(x.length * rows);
  x.forEach((token, t) => {
    for (let r = 0; r < rows; r++) {
      let sum = 0;
      let magnitude = 0;
      for (let c = 0; c < cols; c++) {
        const scale = weights.scales.length > 0 ? weights.scales[(r * cols + c) >> 5]! : 1;
        const term = weights.values[r * cols + c]! * scale * token[c]!;
        sum += term;
        magnitude += Math.abs(term);
      }
      values[t * rows + r] = sum;
      magnitudes[t * rows + r] = magnitude;
    }
  });
  return { values, magnitudes };
}
