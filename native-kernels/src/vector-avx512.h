// AVX-512 (F, BW, VL, DQ) as elementwise-vector.h and attention-vector.h see an instruction set; local to its includer.
#pragma once
#include <immintrin.h>

#include <cstdint>

#define HEARTH_SET AVX512
#define HEARTH_SET_TABLE(NAME) NAME##_avx512

namespace hearth {
namespace {

using Vec = __m512;
constexpr int64_t kLanes = 16;
constexpr int kTileRows = 12;  // 24 sums, 2 columns, 1 row value of 32 registers

inline Vec load(const float* p) { return _mm512_loadu_ps(p); }
inline Vec load_bytes(const uint8_t* p) { return _mm512_castsi512_ps(_mm512_loadu_si512(p)); }
inline void store(float* p, Vec v) { _mm512_storeu_ps(p, v); }
inline Vec all(float value) { return _mm512_set1_ps(value); }
inline Vec add(Vec a, Vec b) { return _mm512_add_ps(a, b); }
inline Vec subtract(Vec a, Vec b) { return _mm512_sub_ps(a, b); }
inline Vec multiply(Vec a, Vec b) { return _mm512_mul_ps(a, b); }
inline Vec divide(Vec a, Vec b) { return _mm512_div_ps(a, b); }
inline Vec fma(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }
inline Vec negative_fma(Vec a, Vec b, Vec c) { return _mm512_fnmadd_ps(a, b, c); }  // c - a * b
// a > b ? a : b, and a < b ? a : b: b where either is a NaN.
inline Vec larger(Vec a, Vec b) { return _mm512_max_ps(a, b); }
inline Vec smaller(Vec a, Vec b) { return _mm512_min_ps(a, b); }
inline Vec round_to_whole(Vec v) { return _mm512_roundscale_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }

inline float sum(Vec v) {
  const __m256 h = _mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
  __m128 s = _mm_add_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));
  s = _mm_add_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

// v * 2^n for whole n; results may be denormal.
inline Vec scale_by_power(Vec v, Vec n) { return _mm512_scalef_ps(v, n); }

inline Vec load_f16(const uint8_t* p) {
  return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
inline Vec load_bf16(const uint8_t* p) {
  const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}
inline void store_f16(uint8_t* p, Vec v) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p),
                      _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}
inline void store_bf16(uint8_t* p, Vec v) {
  const __m512i bits = _mm512_castps_si512(v), upper = _mm512_srli_epi32(bits, 16);
  const __m512i odd = _mm512_and_si512(upper, _mm512_set1_epi32(1));
  const __m512i up = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
  const __m512i quiet = _mm512_or_si512(upper, _mm512_set1_epi32(0x40));
  const __mmask16 is_nan = _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
  const __m512i chosen = _mm512_mask_blend_epi32(is_nan, _mm512_srli_epi32(up, 16), quiet);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi32_epi16(chosen));
}

inline Vec load_int8(const uint8_t* p) {
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
}
// The low and the high nibbles of kLanes bytes, each less 8.
inline Vec load_low_nibbles(const uint8_t* p) {
  const __m512i wide = _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  return _mm512_cvtepi32_ps(_mm512_sub_epi32(_mm512_and_si512(wide, _mm512_set1_epi32(15)), _mm512_set1_epi32(8)));
}
inline Vec load_high_nibbles(const uint8_t* p) {
  const __m512i wide = _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  return _mm512_cvtepi32_ps(_mm512_sub_epi32(_mm512_srli_epi32(wide, 4), _mm512_set1_epi32(8)));
}

// From pairs p[0], p[1], … : the even and the odd ones of 2 * kLanes.
inline void load_pairs(const float* p, Vec& even, Vec& odd) {
  const Vec a = load(p), b = load(p + 16);
  const __m512i evens = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  even = _mm512_permutex2var_ps(a, evens, b);
  odd = _mm512_permutex2var_ps(a, _mm512_add_epi32(evens, _mm512_set1_epi32(1)), b);
}

// x = pairs (a, b), table = pairs (cos, sin): pairs (a cos - b sin, b cos + a sin).
inline Vec rotate_pairs(Vec x, Vec table) {
  const Vec crossed = multiply(_mm512_permute_ps(x, 0xb1), _mm512_movehdup_ps(table));
  return _mm512_fmaddsub_ps(x, _mm512_moveldup_ps(table), crossed);
}

// Lane i of each 128-bit quarter is the sum of that quarter of v[i], for four vectors.
inline Vec quarter_sums_of(const Vec v[4]) {
  const Vec a = add(_mm512_unpacklo_ps(v[0], v[1]), _mm512_unpackhi_ps(v[0], v[1]));  // 0 1 0 1
  const Vec b = add(_mm512_unpacklo_ps(v[2], v[3]), _mm512_unpackhi_ps(v[2], v[3]));
  return add(_mm512_shuffle_ps(a, b, 0x44), _mm512_shuffle_ps(a, b, 0xee));
}

// Lane i of the result is the sum of v[i]'s lanes.
inline Vec sums_of(const Vec v[kLanes]) {
  const Vec a = quarter_sums_of(v), b = quarter_sums_of(v + 4), c = quarter_sums_of(v + 8), d = quarter_sums_of(v + 12);
  const Vec ab = add(_mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xdd));  // a a b b
  const Vec cd = add(_mm512_shuffle_f32x4(c, d, 0x88), _mm512_shuffle_f32x4(c, d, 0xdd));
  return add(_mm512_shuffle_f32x4(ab, cd, 0x88), _mm512_shuffle_f32x4(ab, cd, 0xdd));
}

// First lane that equals `value`, or -1.
inline int first_equal(Vec v, float value) {
  const unsigned mask = _mm512_cmp_ps_mask(v, all(value), _CMP_EQ_OQ);
  if (mask == 0) return -1;
  int lane = 0;
  while (((mask >> lane) & 1u) == 0) lane++;
  return lane;
}

inline Vec exclusive_or(Vec a, Vec b) { return _mm512_xor_ps(a, b); }

}  // namespace
}  // namespace hearth
