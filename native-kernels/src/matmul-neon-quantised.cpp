// Quantised weights with NEON; with the dot products of bytes where the compiler's target has them (Apple silicon).
#define HEARTH_SET NEON
#include <arm_neon.h>

#include "half-float.h"
#include "matmul-neon-kernels.h"
#include "matmul-neon-vectors.h"
#include "matmul-quantised-dot.h"
#include "mutants.h"

namespace hearth {
namespace {

// 32 values: the first sixteen, the last sixteen.
struct Block {
  int8x16_t first, last;
};

float load_scale(const uint8_t* w) { return vgetq_lane_f32(Neon::widen_f16(vdup_n_u16(load_u16(w))), 0); }

Block load_block(const int8_t* p) { return {vld1q_s8(p), vld1q_s8(p + 16)}; }

Block load_q8_0(const uint8_t* w) { return load_block(reinterpret_cast<const int8_t*>(w + 2)); }

Block load_q4_0(const uint8_t* w, int zero) {
  const uint8x16_t nibbles = vld1q_u8(w + 2);
  const int8x16_t zeros = vdupq_n_s8(static_cast<int8_t>(zero));
  return {vsubq_s8(vreinterpretq_s8_u8(vandq_u8(nibbles, vdupq_n_u8(15))), zeros),
          vsubq_s8(vreinterpretq_s8_u8(vshrq_n_u8(nibbles, 4)), zeros)};
}

// Four sums of eight products each. Two products of -128 and 127 still fit 16 bits.
int32x4_t products(Block w, Block x) {
#if defined(__ARM_FEATURE_DOTPROD)
  return vdotq_s32(vdotq_s32(vdupq_n_s32(0), w.first, x.first), w.last, x.last);
#else
  const int16x8_t low = vmlal_s8(vmull_s8(vget_low_s8(w.first), vget_low_s8(x.first)), vget_low_s8(w.last),
                                 vget_low_s8(x.last));
  const int16x8_t high = vmlal_s8(vmull_s8(vget_high_s8(w.first), vget_high_s8(x.first)), vget_high_s8(w.last),
                                  vget_high_s8(x.last));
  return vpadalq_s16(vpaddlq_s16(low), high);
#endif
}

struct BlocksNeon {
  using Sums = float32x4_t;
  static constexpr int kGroup = 8, kStep = 1, kRows = 4, kTokens = 2;
  struct Scales {
    float of_block[kGroup];
  };

  static Sums zero() { return vdupq_n_f32(0); }
  static float one_scale(const uint8_t* w) { return load_scale(w); }
  static float sum(Sums v) { return vaddvq_f32(v); }

  static void accumulate(Sums& sums, Block w, const int8_t* x, const uint8_t* correction, const Scales& scales, int i) {
    accumulate_one(sums, w, x, correction, scales.of_block[i]);
  }
  static void accumulate_one(Sums& sums, Block w, const int8_t* x, const uint8_t*, float scale) {
    sums = vfmaq_n_f32(sums, vcvtq_f32_s32(products(w, load_block(x))), scale);
  }
};

template <int64_t kBytes>
BlocksNeon::Scales scales_of(const uint8_t* w, const float* xs) {
  BlocksNeon::Scales scales;
  HEARTH_UNROLL for (int i = 0; i < BlocksNeon::kGroup; i++) scales.of_block[i] = load_scale(w + i * kBytes) * xs[i];
  return scales;
}

struct Q8Neon : BlocksNeon {
  static constexpr int64_t kBlockBytes = kQ8Bytes;
  static constexpr int kDecodeRows = 1;

  static int64_t blocks_summed(int64_t blocks) { return HEARTH_SET_MUTANT(MATMUL_Q8_0_DECODE, blocks, blocks - 1); }
  static Scales group_scales(const uint8_t* w, const float* xs) { return scales_of<kBlockBytes>(w, xs); }
  static Block load(const uint8_t* w) { return load_q8_0(w); }
  static Block load_one(const uint8_t* w) { return load_q8_0(w); }
};

struct Q4Neon : BlocksNeon {
  static constexpr int64_t kBlockBytes = kQ4Bytes;
  static constexpr int kDecodeRows = 4;

  static int64_t blocks_summed(int64_t blocks) { return HEARTH_SET_MUTANT(MATMUL_Q4_0_DECODE, blocks, blocks - 1); }
  static Scales group_scales(const uint8_t* w, const float* xs) { return scales_of<kBlockBytes>(w, xs); }
  static Block load(const uint8_t* w) { return load_q4_0(w, 8); }
  static Block load_one(const uint8_t* w) { return load_q4_0(w, 8); }
};

// Magnitudes compare as integers do, infinities and NaN above all numbers.
float largest_magnitude(const float32x4_t* v) {
  int32x4_t largest = vdupq_n_s32(0);
  for (int i = 0; i < 8; i++) {
    largest = vmaxq_s32(largest, vandq_s32(vreinterpretq_s32_f32(v[i]), vdupq_n_s32(0x7fffffff)));
  }
  return float_of_bits(static_cast<uint32_t>(vmaxvq_s32(largest)));
}

void quantise_block(const float* x, int8_t* values, float* scale) {
  float32x4_t v[8];
  for (int i = 0; i < 8; i++) v[i] = vld1q_f32(x + 4 * i);
  const float amax = largest_magnitude(v);
  const bool finite = amax <= 3.402823466e38f;
  *scale = finite ? amax / 127.0f : float_of_bits(0x7fc00000u);
  float inverse = 127.0f / amax;
  // Zero, a denormal too small for its inverse, an infinity or a NaN: nothing to keep. (A NaN converts to 0.)
  if (!finite || !(inverse <= 3.402823466e38f)) inverse = float_of_bits(0x7fc00000u);
  for (int i = 0; i < 8; i += 2) {
    const int32x4_t a = vcvtnq_s32_f32(vmulq_n_f32(v[i], inverse)), b = vcvtnq_s32_f32(vmulq_n_f32(v[i + 1], inverse));
    vst1_s8(values + 4 * i, vqmovn_s16(vcombine_s16(vqmovn_s32(a), vqmovn_s32(b))));
  }
}

void widen_sixteen(int8x16_t values, float scale, float* out) {
  const int16x8_t low = vmovl_s8(vget_low_s8(values)), high = vmovl_s8(vget_high_s8(values));
  vst1q_f32(out, vmulq_n_f32(vcvtq_f32_s32(vmovl_s16(vget_low_s16(low))), scale));
  vst1q_f32(out + 4, vmulq_n_f32(vcvtq_f32_s32(vmovl_s16(vget_high_s16(low))), scale));
  vst1q_f32(out + 8, vmulq_n_f32(vcvtq_f32_s32(vmovl_s16(vget_low_s16(high))), scale));
  vst1q_f32(out + 12, vmulq_n_f32(vcvtq_f32_s32(vmovl_s16(vget_high_s16(high))), scale));
}

void widen_block(Block block, float scale, float* out) {
  widen_sixteen(block.first, scale, out);
  widen_sixteen(block.last, scale, out + 16);
}

}  // namespace

void quantise_neon(const float* x, int64_t blocks, int8_t* values, float* scales, uint8_t*) {
  for (int64_t b = 0; b < blocks; b++) quantise_block(x + b * kQuantBlock, values + b * kQuantBlock, scales + b);
}

void dot_q8_0_neon(const MatmulArgs& args, const QuantisedActivations& quantised, int64_t begin, int64_t end) {
  dot_quantised<Q8Neon>(args, quantised, begin, end);
}

void dot_q4_0_neon(const MatmulArgs& args, const QuantisedActivations& quantised, int64_t begin, int64_t end) {
  dot_quantised<Q4Neon>(args, quantised, begin, end);
}

void widen_q8_0_neon(const uint8_t* row, int64_t col, int64_t count, float* out) {
  const int64_t skipped = HEARTH_SET_MUTANT(MATMUL_Q8_0_PREFILL, 0, 1);
  for (int64_t i = 0; i < count; i += kQuantBlock) {
    const uint8_t* block = row + (col + i) / kQuantBlock * kQ8Bytes;
    widen_block(load_q8_0(block - skipped), load_scale(block), out + i);
  }
}

void widen_q4_0_neon(const uint8_t* row, int64_t col, int64_t count, float* out) {
  const int zero = HEARTH_SET_MUTANT(MATMUL_Q4_0_PREFILL, 8, 7);
  for (int64_t i = 0; i < count; i += kQuantBlock) {
    const uint8_t* block = row + (col + i) / kQuantBlock * kQ4Bytes;
    widen_block(load_q4_0(block, zero), load_scale(block), out + i);
  }
}

}  // namespace hearth
