import { WeightType } from '../../../native-kernels/index.js';
import { fromBf16, fromF16, toBf16 } from './half-floats.js';
import type { SeededValues } from './seeded-values.js';

/** Weights as a file holds them, and each one's value: for block types its integer and its block's scale apart. */
export interface Weights {
  readonly type: WeightType;
  readonly rows: number;
  readonly cols: number;
  readonly bytes: Uint8Array;
  /** (rows, cols) values, of block types without their scale. */
  readonly values: Float64Array;
  /** (rows, cols / 32) scales of block types, empty for others. */
  readonly scales: Float64Array;
}

export function rowBytes(type: WeightType, cols: number): number {
  if (type === WeightType.f32) return cols * 4;
  if (type === WeightType.q8_0) return (cols / 32) * 34;
  if (type === WeightType.q4_0) return (cols / 32) * 18;
  return cols * 2;
}

export function isQuantised(type: WeightType): boolean {
  return type === WeightType.q8_0 || type === WeightType.q4_0;
}

/** A half between about 2^-7 and 2, of either sign. */
function randomF16Bits(random: SeededValues): number {
  return (random.next() < 0.5 ? 0x8000 : 0) | ((8 + random.below(8)) << 10) | random.below(1024);
}

function randomF32(random: SeededValues): number {
  return Math.fround((random.next() - 0.5) * 4);
}

function floatWeights(type: WeightType, rows: number, cols: number, random: SeededValues): Weights {
  const bytes = new Uint8Array(rows * rowBytes(type, cols));
  const values = new Float64Array(rows * cols);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) {
    if (type === WeightType.f32) {
      const value = randomF32(random);
      view.setFloat32(i * 4, value, true);
      values[i] = value;
    } else if (type === WeightType.f16) {
      const bits = randomF16Bits(random);
      view.setUint16(i * 2, bits, true);
      values[i] = fromF16(bits);
    } else {
      const bits = toBf16(randomF32(random));
      view.setUint16(i * 2, bits, true);
      values[i] = fromBf16(bits);
    }
  }
  return { type, rows, cols, bytes, values, scales: new Float64Array(0) };
}

function blockWeights(type: WeightType, rows: number, cols: number, random: SeededValues): Weights {
  const blockBytes = type === WeightType.q8_0 ? 34 : 18;
  const blocks = (rows * cols) / 32;
  const bytes = new Uint8Array(blocks * blockBytes);
  const values = new Float64Array(rows * cols);
  const scales = new Float64Array(blocks);
  const view = new DataView(bytes.buffer);
  for (let b = 0; b < blocks; b++) {
    const scale = randomF16Bits(random);
    view.setUint16(b * blockBytes, scale, true);
    scales[b] = fromF16(scale);
    for (let i = 0; i < blockBytes - 2; i++) {
      const byte = random.below(256);
      bytes[b * blockBytes + 2 + i] = byte;
      if (type === WeightType.q8_0) {
        values[b * 32 + i] = (byte << 24) >> 24;
      } else {
        values[b * 32 + i] = (byte & 15) - 8;
        values[b * 32 + 16 + i] = (byte >> 4) - 8;
      }
    }
  }
  return { type, rows, cols, bytes, values, scales };
}

/** Random weights (rows, cols) of any type; every byte pattern of quants occurs, -128 included. */
export function randomWeights(type: WeightType, rows: number, cols: number, random: SeededValues): Weights {
  return isQuantised(type) ? blockWeights(type, rows, cols, random) : floatWeights(type, rows, cols, random);
}
