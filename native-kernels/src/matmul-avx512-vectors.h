// AVX-512 (F, BW, VL, DQ) as the float kernels' templates see it.
#pragma once
#include <immintrin.h>

#include "matmul-avx2-vectors.h"

namespace hearth {
namespace {

struct Avx512 {
  using Vec = __m512;
  static constexpr int64_t kWidth = 16;
  static constexpr int kRows = 4, kTokens = 4;           // 16 sums, 4 activations, 1 weight
  static constexpr int kTileRows = 12, kTileVectors = 2;  // 24 sums, 2 activations, 1 weight
  static constexpr int64_t kPackWidth = Avx2::kPackWidth;

  static Vec zero() { return _mm512_setzero_ps(); }
  static Vec fma(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }
  static Vec load(const float* p) { return _mm512_loadu_ps(p); }
  static Vec broadcast(const float* p) { return _mm512_set1_ps(*p); }
  static void store(float* p, Vec v) { _mm512_storeu_ps(p, v); }
  static float sum(Vec v) {
    return Avx2::sum(_mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1)));
  }

  // One vector is both halves.
  static float sum_both(Vec both, Vec) { return sum(both); }

  static Vec widen_bf16(__m256i bits) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
  }

  template <WeightType type>
  static Vec load(const uint8_t* p) {
    if constexpr (type == WeightType::F32) return _mm512_loadu_ps(p);
    const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    return type == WeightType::BF16 ? widen_bf16(bits) : _mm512_cvtph_ps(bits);
  }

  // Masked loads touch nothing beyond the n values.
  template <WeightType type>
  static Vec load_tail(const uint8_t* p, int64_t n) {
    const __mmask16 mask = static_cast<__mmask16>((1u << n) - 1);
    if constexpr (type == WeightType::F32) return _mm512_maskz_loadu_ps(mask, p);
    const __m256i bits = _mm256_maskz_loadu_epi16(mask, p);
    return type == WeightType::BF16 ? widen_bf16(bits) : _mm512_cvtph_ps(bits);
  }

  static void transpose4(const float* from, int64_t stride, float* to, int64_t to_stride) {
    Avx2::transpose4(from, stride, to, to_stride);
  }
  static void transpose2(const float* from, int64_t stride, float* to, int64_t to_stride) {
    Avx2::transpose2(from, stride, to, to_stride);
  }
};

}  // namespace
}  // namespace hearth
