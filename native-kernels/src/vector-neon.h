// NEON of arm64 as elementwise-vector.h and attention-vector.h see an instruction set; local to its includer.
#pragma once
#include <arm_neon.h>

#include <cstdint>

#define HEARTH_SET NEON
#define HEARTH_SET_TABLE(NAME) NAME##_neon

namespace hearth {
namespace {

using Vec = float32x4_t;
constexpr int64_t kLanes = 4;
constexpr int kTileRows = 8;  // 16 sums, 2 columns, 1 row value of 32 registers

inline Vec load(const float* p) { return vld1q_f32(p); }
inline Vec load_bytes(const uint8_t* p) { return vreinterpretq_f32_u8(vld1q_u8(p)); }
inline void store(float* p, Vec v) { vst1q_f32(p, v); }
inline Vec all(float value) { return vdupq_n_f32(value); }
inline Vec add(Vec a, Vec b) { return vaddq_f32(a, b); }
inline Vec subtract(Vec a, Vec b) { return vsubq_f32(a, b); }
inline Vec multiply(Vec a, Vec b) { return vmulq_f32(a, b); }
inline Vec divide(Vec a, Vec b) { return vdivq_f32(a, b); }
inline Vec fma(Vec a, Vec b, Vec c) { return vfmaq_f32(c, a, b); }
inline Vec negative_fma(Vec a, Vec b, Vec c) { return vfmsq_f32(c, a, b); }  // c - a * b
// a > b ? a : b, and a < b ? a : b: b where either is a NaN.
inline Vec larger(Vec a, Vec b) { return vbslq_f32(vcgtq_f32(a, b), a, b); }
inline Vec smaller(Vec a, Vec b) { return vbslq_f32(vcltq_f32(a, b), a, b); }
inline Vec round_to_whole(Vec v) { return vrndnq_f32(v); }
inline float sum(Vec v) { return vaddvq_f32(v); }

// v * 2^n for whole n in [-252, 254], in two steps so that results may be denormal.
inline Vec scale_by_power(Vec v, Vec n) {
  const int32x4_t whole = vcvtnq_s32_f32(n), half = vshrq_n_s32(whole, 1), bias = vdupq_n_s32(127);
  const int32x4_t first = vshlq_n_s32(vaddq_s32(half, bias), 23);
  const int32x4_t second = vshlq_n_s32(vaddq_s32(vsubq_s32(whole, half), bias), 23);
  return multiply(multiply(v, vreinterpretq_f32_s32(first)), vreinterpretq_f32_s32(second));
}

inline uint16x4_t load_u16x4(const uint8_t* p) { return vreinterpret_u16_u8(vld1_u8(p)); }
inline Vec load_f16(const uint8_t* p) { return vcvt_f32_f16(vreinterpret_f16_u16(load_u16x4(p))); }
inline Vec load_bf16(const uint8_t* p) { return vreinterpretq_f32_u32(vshll_n_u16(load_u16x4(p), 16)); }
inline void store_f16(uint8_t* p, Vec v) { vst1_u8(p, vreinterpret_u8_f16(vcvt_f16_f32(v))); }
inline void store_bf16(uint8_t* p, Vec v) {
  const uint32x4_t bits = vreinterpretq_u32_f32(v), upper = vshrq_n_u32(bits, 16);
  const uint32x4_t odd = vandq_u32(upper, vdupq_n_u32(1));
  const uint32x4_t up = vaddq_u32(bits, vaddq_u32(odd, vdupq_n_u32(0x7fff)));
  const uint32x4_t quiet = vorrq_u32(upper, vdupq_n_u32(0x40));
  const uint32x4_t chosen = vbslq_u32(vceqq_f32(v, v), vshrq_n_u32(up, 16), quiet);
  vst1_u8(p, vreinterpret_u8_u16(vmovn_u32(chosen)));
}

inline uint32x4_t load_u8x4(const uint8_t* p) {
  uint32_t four;
  __builtin_memcpy(&four, p, sizeof(four));
  return vmovl_u16(vget_low_u16(vmovl_u8(vcreate_u8(four))));
}
inline Vec load_int8(const uint8_t* p) {
  const int32x4_t wide = vreinterpretq_s32_u32(load_u8x4(p));
  return vcvtq_f32_s32(vshrq_n_s32(vshlq_n_s32(wide, 24), 24));
}
// The low and the high nibbles of kLanes bytes, each less 8.
inline Vec load_low_nibbles(const uint8_t* p) {
  const int32x4_t low = vreinterpretq_s32_u32(vandq_u32(load_u8x4(p), vdupq_n_u32(15)));
  return vcvtq_f32_s32(vsubq_s32(low, vdupq_n_s32(8)));
}
inline Vec load_high_nibbles(const uint8_t* p) {
  const int32x4_t high = vreinterpretq_s32_u32(vshrq_n_u32(load_u8x4(p), 4));
  return vcvtq_f32_s32(vsubq_s32(high, vdupq_n_s32(8)));
}

// From pairs p[0], p[1], … : the even and the odd ones of 2 * kLanes.
inline void load_pairs(const float* p, Vec& even, Vec& odd) {
  const float32x4x2_t pairs = vld2q_f32(p);
  even = pairs.val[0];
  odd = pairs.val[1];
}

// x = pairs (a, b), table = pairs (cos, sin): pairs (a cos - b sin, b cos + a sin).
inline Vec rotate_pairs(Vec x, Vec table) {
  const uint32x4_t evens = {0x80000000u, 0, 0x80000000u, 0};  // The sign of a's share is turned.
  const Vec sines = vreinterpretq_f32_u32(veorq_u32(vreinterpretq_u32_f32(vtrn2q_f32(table, table)), evens));
  return fma(x, vtrn1q_f32(table, table), multiply(vrev64q_f32(x), sines));
}

// Lane i of the result is the sum of v[i]'s lanes.
inline Vec sums_of(const Vec v[kLanes]) { return vpaddq_f32(vpaddq_f32(v[0], v[1]), vpaddq_f32(v[2], v[3])); }

// First lane that equals `value`, or -1.
inline int first_equal(Vec v, float value) {
  float lanes[4];
  store(lanes, v);
  for (int i = 0; i < 4; i++) {
    if (lanes[i] == value) return i;
  }
  return -1;
}

inline Vec exclusive_or(Vec a, Vec b) {
  return vreinterpretq_f32_u32(veorq_u32(vreinterpretq_u32_f32(a), vreinterpretq_u32_f32(b)));
}

}  // namespace
}  // namespace hearth
