import type { StoredType, WeightType } from '../../native-kernels/index.js';

/** A dtype that kernels compute with. */
export type Dtype = keyof typeof WeightType;
/** A dtype that a file may hold: native ones, and block types that are converted on load. */
export type StoredDtype = keyof typeof StoredType;

/** Values per block and bytes per block (ggml's block layouts; a block of one for plain types). */
const blocks: Record<StoredDtype, { values: number; bytes: number }> = {
  f32: { values: 1, bytes: 4 },
  bf16: { values: 1, bytes: 2 },
  f16: { values: 1, bytes: 2 },
  q8_0: { values: 32, bytes: 34 },
  q4_0: { values: 32, bytes: 18 },
  q4_1: { values: 32, bytes: 20 },
  q5_0: { values: 32, bytes: 22 },
  q5_1: { values: 32, bytes: 24 },
  q4_k: { values: 256, bytes: 144 },
  q5_k: { values: 256, bytes: 176 },
  q6_k: { values: 256, bytes: 210 },
};

/** Values that share one block along a row; a row's length is a multiple of it. */
export function blockValues(dtype: StoredDtype): number {
  return blocks[dtype].values;
}

/** Bytes of `values` consecutive values. `values` must be a multiple of {@link blockValues}. */
export function dtypeBytes(dtype: StoredDtype, values: number): number {
  const block = blocks[dtype];
  return (values / block.values) * block.bytes;
}

const native: Record<Dtype, true> = { f32: true, bf16: true, f16: true, q8_0: true, q4_0: true };

export function isNative(dtype: StoredDtype): dtype is Dtype {
  return dtype in native;
}

/** True for types whose values share a scale in blocks along a row. */
export function isQuantised(dtype: StoredDtype): boolean {
  return blocks[dtype].values > 1;
}

/** What a stored type becomes in memory when nothing else is asked for: itself, or the native type closest in value. */
export function nearestNative(dtype: StoredDtype): Dtype {
  return isNative(dtype) ? dtype : 'q8_0';
}
