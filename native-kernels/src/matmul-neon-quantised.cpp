// Quantised weights with NEON: a block is eight vectors of floats.
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

struct Eight {
  float32x4_t low, high;
};

Eight widen_eight(int8x8_t values) {
  const int16x8_t wide = vmovl_s8(values);
  return {vcvtq_f32_s32(vmovl_s16(vget_low_s16(wide))), vcvtq_f32_s32(vmovl_s16(vget_high_s16(wide)))};
}

struct BlocksNeon {
  using Sums = float32x4_t;
  struct Floats {
    Eight part[4];
  };
  using Eight = ::hearth::Eight;
  static constexpr int kRows = 2, kTokens = 3;

  static Eight eight_zeros() { return {vdupq_n_f32(0), vdupq_n_f32(0)}; }
  static void add_products(Eight& a, const float* x, const float* y) {
    a = {vfmaq_f32(a.low, vld1q_f32(x), vld1q_f32(y)), vfmaq_f32(a.high, vld1q_f32(x + 4), vld1q_f32(y + 4))};
  }
  static float sum_eight(const Eight& v) { return vaddvq_f32(vaddq_f32(v.low, v.high)); }
  static Sums zero() { return vdupq_n_f32(0); }
  static float one_scale(const uint8_t* w) { return load_scale(w); }
  static float sum(Sums v) { return vaddvq_f32(v); }
  static Floats widen(Block block) {
    return {{widen_eight(vget_low_s8(block.first)), widen_eight(vget_high_s8(block.first)),
             widen_eight(vget_low_s8(block.last)), widen_eight(vget_high_s8(block.last))}};
  }

  static void accumulate(Sums& sums, const Floats& w, const float* x, float scale) {
    float32x4_t low = vmulq_f32(w.part[0].low, vld1q_f32(x)), high = vmulq_f32(w.part[0].high, vld1q_f32(x + 4));
    HEARTH_UNROLL for (int i = 1; i < 4; i++) {
      low = vfmaq_f32(low, w.part[i].low, vld1q_f32(x + 8 * i));
      high = vfmaq_f32(high, w.part[i].high, vld1q_f32(x + 8 * i + 4));
    }
    sums = vfmaq_n_f32(sums, vaddq_f32(low, high), scale);
  }
};

template <int64_t kBytes>
void scales_of(const uint8_t* w, float* scales) {
  HEARTH_UNROLL for (int i = 0; i < kGroup; i++) scales[i] = load_scale(w + i * kBytes);
}

struct Q8Neon : BlocksNeon {
  static constexpr float kOffset = 0;
  static constexpr int64_t kBlockBytes = kQ8Bytes;
  static constexpr int kDecodeRows = 1;

  static int64_t blocks_summed(int64_t blocks) { return HEARTH_SET_MUTANT(MATMUL_Q8_0_DECODE, blocks, blocks - 1); }
  static void store_scales(const uint8_t* w, float* scales) { scales_of<kBlockBytes>(w, scales); }
  static Floats load(const uint8_t* w) { return widen(load_q8_0(w)); }
};

struct Q4Neon : BlocksNeon {
  static constexpr float kOffset = 0;  // Taken off the bytes, sixteen at once.
  static constexpr int64_t kBlockBytes = kQ4Bytes;
  static constexpr int kDecodeRows = 2;

  static int64_t blocks_summed(int64_t blocks) { return HEARTH_SET_MUTANT(MATMUL_Q4_0_DECODE, blocks, blocks - 1); }
  static void store_scales(const uint8_t* w, float* scales) { scales_of<kBlockBytes>(w, scales); }
  static Floats load(const uint8_t* w) { return widen(load_q4_0(w, 8)); }
};

void widen_sixteen(int8x16_t values, float scale, float* out) {
  const Eight low = widen_eight(vget_low_s8(values)), high = widen_eight(vget_high_s8(values));
  vst1q_f32(out, vmulq_n_f32(low.low, scale));
  vst1q_f32(out + 4, vmulq_n_f32(low.high, scale));
  vst1q_f32(out + 8, vmulq_n_f32(high.low, scale));
  vst1q_f32(out + 12, vmulq_n_f32(high.high, scale));
}

void widen_block(Block block, float scale, float* out) {
  widen_sixteen(block.first, scale, out);
  widen_sixteen(block.last, scale, out + 16);
}

}  // namespace

void dot_q8_0_2x3_neon(const MatmulArgs& args, const float* none, int64_t begin, int64_t end) {
  dot_quantised<Q8Neon>(args, none, begin, end);
}

void dot_q4_0_2x3_neon(const MatmulArgs& args, const float* block_sums, int64_t begin, int64_t end) {
  dot_quantised<Q4Neon>(args, block_sums, begin, end);
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
