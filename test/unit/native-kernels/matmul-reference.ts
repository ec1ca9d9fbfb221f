import { isQuantised, type Weights } from './random-weights.js';

/** Products in double precision, and for each the sum of the terms' magnitudes: what rounding errors are measured by. */
export interface Products {
  /** (tokens, rows) */
  readonly values: Float64Array;
  /** (tokens, rows) */
  readonly magnitudes: Float64Array;
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** The activations as block types see them: whole numbers up to 127 times a scale for each 32. */
function quantisedActivations(x: Float32Array): Float64Array {
  const rounded = new Float64Array(x.length);
  for (let block = 0; block < x.length; block += 32) {
    const values = x.subarray(block, block + 32);
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const scale = Number.isFinite(largest) ? Math.fround(largest / 127) : NaN;
    const inverse = Math.fround(127 / largest);
    for (let i = 0; i < 32; i++) {
      const whole = Number.isFinite(inverse) ? roundHalfToEven(Math.fround(values[i]! * inverse)) : 0;
      rounded[block + i] = whole * scale;
    }
  }
  return rounded;
}

/** y[t, r] = sum over c of W[r, c] * x[t, c] for `x` rows of `weights.cols` floats. */
export function referenceProducts(weights: Weights, x: readonly Float32Array[]): Products {
  const { rows, cols } = weights;
  const values = new Float64Array(x.length * rows);
  const magnitudes = new Float64Array(x.length * rows);
  x.forEach((token, t) => {
    const activations = isQuantised(weights.type) ? quantisedActivations(token) : Float64Array.from(token);
    for (let r = 0; r < rows; r++) {
      let sum = 0;
      let magnitude = 0;
      for (let c = 0; c < cols; c++) {
        const scale = weights.scales.length > 0 ? weights.scales[(r * cols + c) >> 5]! : 1;
        const term = weights.values[r * cols + c]! * scale * activations[c]!;
        sum += term;
        magnitude += Math.abs(term);
      }
      values[t * rows + r] = sum;
      magnitudes[t * rows + r] = magnitude;
    }
  });
  return { values, magnitudes };
}
