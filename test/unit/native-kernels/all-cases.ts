import { attentionCases, storeKvCases } from './attention-cases.js';
import type { KernelCase } from './comparison.js';
import { rmsNormCases, ropeCases, ropeTableCases, siluGateCases, softmaxCases } from './norm-and-activation-cases.js';
import { quantisedCases, widenedCases } from './quant-cases.js';
import {
  addBiasCases, addBytesCases, addCases, argmaxCases, narrowCases, topKCases, widenBlockCases, widenPlainCases,
} from './row-cases.js';

/** The comparison of each kernel written for several instruction sets, by its name in native-kernels/src/mutants.h. */
export const casesOfSets: Record<string, () => Iterable<KernelCase>> = {
  RMS_NORM_F32: () => rmsNormCases('f32'),
  RMS_NORM_BF16: () => rmsNormCases('bf16'),
  RMS_NORM_F16: () => rmsNormCases('f16'),
  ROPE_HALF_SPLIT: () => ropeCases('halfSplit'),
  ROPE_INTERLEAVED: () => ropeCases('interleaved'),
  SILU_GATE: siluGateCases,
  ADD: addCases,
  ADD_BYTES: addBytesCases,
  ADD_BIAS_F32: () => addBiasCases('f32'),
  ADD_BIAS_BF16: () => addBiasCases('bf16'),
  ADD_BIAS_F16: () => addBiasCases('f16'),
  SOFTMAX: softmaxCases,
  WIDEN_ROW_F32: () => widenPlainCases('f32'),
  WIDEN_ROW_BF16: () => widenPlainCases('bf16'),
  WIDEN_ROW_F16: () => widenPlainCases('f16'),
  WIDEN_ROW_Q8_0: () => widenBlockCases('q8_0'),
  WIDEN_ROW_Q4_0: () => widenBlockCases('q4_0'),
  NARROW_BF16: () => narrowCases('bf16'),
  NARROW_F16: () => narrowCases('f16'),
  ARGMAX: argmaxCases,
  STORE_KV_F32: () => storeKvCases('f32'),
  STORE_KV_F16: () => storeKvCases('f16'),
  ATTENTION_F32: () => attentionCases('f32'),
  ATTENTION_F16: () => attentionCases('f16'),
};

/** The comparison of each kernel written once for every set. */
export const plainCases: Record<string, () => Iterable<KernelCase>> = {
  ROPE_TABLE: ropeTableCases,
  TOP_K: topKCases,
  CONVERT_TO_Q8_0: () => quantisedCases('q8_0'),
  CONVERT_TO_Q4_0: () => quantisedCases('q4_0'),
  CONVERT_FROM_Q4_1: () => widenedCases('q4_1'),
  CONVERT_FROM_Q5_0: () => widenedCases('q5_0'),
  CONVERT_FROM_Q5_1: () => widenedCases('q5_1'),
  CONVERT_FROM_Q4_K: () => widenedCases('q4_k'),
  CONVERT_FROM_Q5_K: () => widenedCases('q5_k'),
  CONVERT_FROM_Q6_K: () => widenedCases('q6_k'),
};
