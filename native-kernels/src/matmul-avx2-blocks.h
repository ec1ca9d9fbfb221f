// Blocks of 32 in AVX2 vectors: what is done with them whichever way they are multiplied.
#pragma once
#include <immintrin.h>

#include "half-float.h"
#include "matmul-kernels.h"

namespace hearth {
namespace {

inline __m256i load_bytes(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }

// Sixteen bytes of nibbles as 32 values 0…15: the low ones, then the high ones.
inline __m256i load_nibbles(const uint8_t* p) {
  const __m256i twice = _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  const __m256i shifts = _mm256_setr_epi32(0, 0, 0, 0, 4, 4, 4, 4);
  return _mm256_and_si256(_mm256_srlv_epi32(twice, shifts), _mm256_set1_epi8(15));
}

// Scales of eight blocks, `stride` bytes apart.
inline __m256 load_scales(const uint8_t* w, int64_t stride) {
  const auto bits = [&](int64_t i) { return static_cast<short>(load_u16(w + i * stride)); };
  return _mm256_cvtph_ps(_mm_setr_epi16(bits(0), bits(1), bits(2), bits(3), bits(4), bits(5), bits(6), bits(7)));
}

inline float load_scale(const uint8_t* w) { return _cvtsh_ss(load_u16(w)); }

// Products of eight scales with eight sums.
struct EightAvx2 {
  using Eight = __m256;
  static Eight eight_zeros() { return _mm256_setzero_ps(); }
  static void add_products(Eight& a, const float* x, const float* y) {
    a = _mm256_fmadd_ps(_mm256_loadu_ps(x), _mm256_loadu_ps(y), a);
  }
  static float sum_eight(Eight v) {
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
  }
};

// Eight of 32 values of a block, as floats not yet scaled.
inline __m256 widen_eight(__m128i bytes) { return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes)); }

inline void widen_block(__m256i values, float scale, float* out) {
  const __m256 scales = _mm256_set1_ps(scale);
  const __m128i low = _mm256_castsi256_si128(values), high = _mm256_extracti128_si256(values, 1);
  _mm256_storeu_ps(out, _mm256_mul_ps(widen_eight(low), scales));
  _mm256_storeu_ps(out + 8, _mm256_mul_ps(widen_eight(_mm_srli_si128(low, 8)), scales));
  _mm256_storeu_ps(out + 16, _mm256_mul_ps(widen_eight(high), scales));
  _mm256_storeu_ps(out + 24, _mm256_mul_ps(widen_eight(_mm_srli_si128(high, 8)), scales));
}

// `count` values of a row as floats.
inline void widen_q8_0(const uint8_t* row, int64_t col, int64_t count, int64_t skipped, float* out) {
  for (int64_t i = 0; i < count; i += kQuantBlock) {
    const uint8_t* block = row + (col + i) / kQuantBlock * kQ8Bytes;
    widen_block(load_bytes(block + skipped), load_scale(block), out + i);
  }
}

inline void widen_q4_0(const uint8_t* row, int64_t col, int64_t count, int zero, float* out) {
  for (int64_t i = 0; i < count; i += kQuantBlock) {
    const uint8_t* block = row + (col + i) / kQuantBlock * kQ4Bytes;
    widen_block(_mm256_sub_epi8(load_nibbles(block + 2), _mm256_set1_epi8(zero)), load_scale(block), out + i);
  }
}

}  // namespace
}  // namespace hearth
