// AVX2 + FMA + F16C as the float kernels' templates see it.
#pragma once
#include <immintrin.h>

#include "matmul-kernels.h"

namespace hearth {
namespace {

struct Avx2 {
  using Vec = __m256;
  static constexpr int64_t kWidth = 8;
  static constexpr int kRows = 2, kTokens = 3;           // 12 registers of sums, 3 of activations, 1 weight
  static constexpr int kTileRows = 6, kTileVectors = 2;  // 12 sums, 2 activations, 1 weight
  static constexpr int64_t kPackWidth = 8;

  static Vec zero() { return _mm256_setzero_ps(); }
  static Vec fma(Vec a, Vec b, Vec c) { return _mm256_fmadd_ps(a, b, c); }
  static Vec load(const float* p) { return _mm256_loadu_ps(p); }
  static Vec broadcast(const float* p) { return _mm256_broadcast_ss(p); }
  static void store(float* p, Vec v) { _mm256_storeu_ps(p, v); }

  static float sum(Vec v) {
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
  }

  static float sum_both(Vec first, Vec second) { return sum(_mm256_add_ps(first, second)); }

  static Vec widen_bf16(__m128i bits) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
  }

  template <WeightType type>
  static Vec load(const uint8_t* p) {
    if constexpr (type == WeightType::F32) return load(reinterpret_cast<const float*>(p));
    const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return type == WeightType::BF16 ? widen_bf16(bits) : _mm256_cvtph_ps(bits);
  }

  // Reads nothing beyond the n values: they may be the last of a mapped file.
  template <WeightType type>
  static Vec load_tail(const uint8_t* p, int64_t n) {
    if constexpr (type == WeightType::F32) {
      const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
      const __m256i mask = _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), lane);
      return _mm256_maskload_ps(reinterpret_cast<const float*>(p), mask);
    }
    alignas(16) uint8_t bytes[16] = {0};
    for (int64_t i = 0; i < n * 2; i++) bytes[i] = p[i];
    return load<type>(bytes);
  }

  // Columns of four rows of eight floats to consecutive groups of four.
  static void transpose4(const float* from, int64_t stride, float* to, int64_t to_stride) {
    const __m256 a = load(from), b = load(from + stride), c = load(from + 2 * stride), d = load(from + 3 * stride);
    const __m256 ab_low = _mm256_unpacklo_ps(a, b), ab_high = _mm256_unpackhi_ps(a, b);
    const __m256 cd_low = _mm256_unpacklo_ps(c, d), cd_high = _mm256_unpackhi_ps(c, d);
    const __m256 columns[4] = {_mm256_shuffle_ps(ab_low, cd_low, 0x44), _mm256_shuffle_ps(ab_low, cd_low, 0xee),
                               _mm256_shuffle_ps(ab_high, cd_high, 0x44), _mm256_shuffle_ps(ab_high, cd_high, 0xee)};
    for (int i = 0; i < 4; i++) {
      _mm_storeu_ps(to + i * to_stride, _mm256_castps256_ps128(columns[i]));
      _mm_storeu_ps(to + (i + 4) * to_stride, _mm256_extractf128_ps(columns[i], 1));
    }
  }

  // The same for two rows.
  static void transpose2(const float* from, int64_t stride, float* to, int64_t to_stride) {
    const __m256 a = load(from), b = load(from + stride);
    const __m256 low = _mm256_unpacklo_ps(a, b), high = _mm256_unpackhi_ps(a, b);
    const __m128 quarters[4] = {_mm256_castps256_ps128(low), _mm256_castps256_ps128(high),
                                _mm256_extractf128_ps(low, 1), _mm256_extractf128_ps(high, 1)};
    for (int i = 0; i < 4; i++) {
      _mm_storel_pi(reinterpret_cast<__m64*>(to + 2 * i * to_stride), quarters[i]);
      _mm_storeh_pi(reinterpret_cast<__m64*>(to + (2 * i + 1) * to_stride), quarters[i]);
    }
  }
};

}  // namespace
}  // namespace hearth
