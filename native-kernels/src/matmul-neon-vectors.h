// NEON as the float kernels' templates see it: two registers of four floats are one vector of eight.
#pragma once
#include <arm_neon.h>

#include "matmul-kernels.h"

namespace hearth {
namespace {

struct Neon {
  struct Vec {
    float32x4_t low, high;
  };
  static constexpr int64_t kWidth = 8;
  static constexpr int kRows = 2, kTokens = 3;           // 24 registers of sums, 6 of activations, 2 weights
  static constexpr int kTileRows = 6, kTileVectors = 2;  // 24 of sums, 4 of activations, 1 weight
  static constexpr int64_t kPackWidth = 4;

  static Vec zero() { return {vdupq_n_f32(0), vdupq_n_f32(0)}; }
  static Vec fma(Vec a, Vec b, Vec c) { return {vfmaq_f32(c.low, a.low, b.low), vfmaq_f32(c.high, a.high, b.high)}; }
  static Vec load(const float* p) { return {vld1q_f32(p), vld1q_f32(p + 4)}; }
  static Vec broadcast(const float* p) {
    const float32x4_t all = vld1q_dup_f32(p);
    return {all, all};
  }
  static void store(float* p, Vec v) {
    vst1q_f32(p, v.low);
    vst1q_f32(p + 4, v.high);
  }
  static float sum_both(Vec first, Vec second) {
    return vaddvq_f32(vaddq_f32(vaddq_f32(first.low, second.low), vaddq_f32(first.high, second.high)));
  }

  static float32x4_t widen_bf16(uint16x4_t bits) { return vreinterpretq_f32_u32(vshll_n_u16(bits, 16)); }
  static float32x4_t widen_f16(uint16x4_t bits) { return vcvt_f32_f16(vreinterpret_f16_u16(bits)); }

  template <WeightType type>
  static Vec load(const uint8_t* p) {
    if constexpr (type == WeightType::F32) {
      return {vreinterpretq_f32_u8(vld1q_u8(p)), vreinterpretq_f32_u8(vld1q_u8(p + 16))};
    }
    const uint16x8_t bits = vreinterpretq_u16_u8(vld1q_u8(p));
    const uint16x4_t low = vget_low_u16(bits), high = vget_high_u16(bits);
    if constexpr (type == WeightType::BF16) return {widen_bf16(low), widen_bf16(high)};
    return {widen_f16(low), widen_f16(high)};
  }

  // Reads nothing beyond the n values: they may be the last of a mapped file.
  template <WeightType type>
  static Vec load_tail(const uint8_t* p, int64_t n) {
    constexpr int64_t bytes = type == WeightType::F32 ? 4 : 2;
    uint8_t padded[kWidth * bytes] = {0};
    for (int64_t i = 0; i < n * bytes; i++) padded[i] = p[i];
    return load<type>(padded);
  }

  static float32x4_t load_four(const float* p) {
    return vreinterpretq_f32_u8(vld1q_u8(reinterpret_cast<const uint8_t*>(p)));
  }

  // Columns of four rows of four floats to consecutive groups of four.
  static void transpose4(const float* from, int64_t stride, float* to, int64_t to_stride) {
    const float32x4_t a = load_four(from), b = load_four(from + stride);
    const float32x4_t c = load_four(from + 2 * stride), d = load_four(from + 3 * stride);
    const float32x4_t ac_low = vzip1q_f32(a, c), ac_high = vzip2q_f32(a, c);
    const float32x4_t bd_low = vzip1q_f32(b, d), bd_high = vzip2q_f32(b, d);
    vst1q_f32(to, vzip1q_f32(ac_low, bd_low));
    vst1q_f32(to + to_stride, vzip2q_f32(ac_low, bd_low));
    vst1q_f32(to + 2 * to_stride, vzip1q_f32(ac_high, bd_high));
    vst1q_f32(to + 3 * to_stride, vzip2q_f32(ac_high, bd_high));
  }

  // The same for two rows.
  static void transpose2(const float* from, int64_t stride, float* to, int64_t to_stride) {
    const float32x4_t a = load_four(from), b = load_four(from + stride);
    const float32x4_t low = vzip1q_f32(a, b), high = vzip2q_f32(a, b);
    vst1_f32(to, vget_low_f32(low));
    vst1_f32(to + to_stride, vget_high_f32(low));
    vst1_f32(to + 2 * to_stride, vget_low_f32(high));
    vst1_f32(to + 3 * to_stride, vget_high_f32(high));
  }
};

}  // namespace
}  // namespace hearth
