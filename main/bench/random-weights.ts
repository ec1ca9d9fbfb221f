import type { Dtype } from '../../engine/formats/dtype.js';

/** Marsaglia's xorshift32: the same weights on every machine. */
export function xorshift(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>>= 0);
  };
}

/** F16 of 2^-13 and 2^-9: what one step of a Q8_0 or Q4_0 block is worth, so that weights stay below 1/64 or so. */
const stepOfQ8 = 0x0800;
const stepOfQ4 = 0x1800;

/**
 * Fills `bytes` with random weights of a dtype, all of magnitudes around 1/64: no infinities, no NaN, no denormals, so
 * that activations stay finite through every layer. For block types the length is a multiple of the block.
 */
export function fillWeights(bytes: Uint8Array, dtype: Dtype, random: () => number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  fillers[dtype](view, random);
}

const fillers: Record<Dtype, (view: DataView, random: () => number) => void> = {
  // Sign and mantissa are random; the exponent stands at 2^-6.
  f32: (view, random) => {
    for (let at = 0; at < view.byteLength; at += 4) view.setUint32(at, (random() & 0x807fffff) | (121 << 23), true);
  },
  f16: (view, random) => {
    for (let at = 0; at < view.byteLength; at += 2) view.setUint16(at, ((random() >>> 8) & 0x83ff) | (9 << 10), true);
  },
  bf16: (view, random) => {
    for (let at = 0; at < view.byteLength; at += 2) view.setUint16(at, ((random() >>> 8) & 0x807f) | (121 << 7), true);
  },
  q8_0: (view, random) => fillBlocks(view, 34, stepOfQ8, random),
  q4_0: (view, random) => fillBlocks(view, 18, stepOfQ4, random),
};

function fillBlocks(view: DataView, blockBytes: number, step: number, random: () => number): void {
  for (let block = 0; block < view.byteLength; block += blockBytes) {
    // The step varies a little from block to block, as in real weights.
    view.setUint16(block, step | (random() & 0x3ff), true);
    for (let at = block + 2; at < block + blockBytes; at += 4) view.setUint32(at, random(), true);
  }
}
