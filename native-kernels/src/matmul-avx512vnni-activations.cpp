// Activations as whole numbers of 16 bits, in the order in which the products read them.
#include <immintrin.h>

#include <limits>

#include "matmul-avx512vnni-kernels.h"
#include "matmul-avx512vnni-nibbles.h"

namespace hearth {
namespace {

// The bits of the largest magnitude: as whole numbers, infinity and NaN are the largest.
inline uint32_t largest_magnitude(__m512 first, __m512 last) {
  const __m512i mask = _mm512_set1_epi32(0x7fffffff);
  const __m512i a = _mm512_and_si512(_mm512_castps_si512(first), mask);
  return _mm512_reduce_max_epu32(_mm512_max_epu32(a, _mm512_and_si512(_mm512_castps_si512(last), mask)));
}

// The block of 32 floats at `x`, and its step.
inline __m512i quantise_block(const float* x, float* scale) {
  const __m512 first = _mm512_loadu_ps(x), last = _mm512_loadu_ps(x + 16);
  const uint32_t bits = largest_magnitude(first, last);
  const float largest = _mm_cvtss_f32(_mm_castsi128_ps(_mm_cvtsi32_si128(static_cast<int>(bits))));
  if (!(largest >= kInt16Least) || bits >= 0x7f800000u) {
    *scale = bits >= 0x7f800000u ? std::numeric_limits<float>::quiet_NaN() : 0.0f;
    return _mm512_setzero_si512();
  }
  *scale = largest / kInt16Steps;
  const __m512 steps = _mm512_set1_ps(kInt16Steps / largest);
  const __m256i a = _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(_mm512_mul_ps(first, steps)));
  const __m256i b = _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(_mm512_mul_ps(last, steps)));
  return _mm512_inserti64x4(_mm512_castsi256_si512(a), b, 1);
}

// Sixteen bytes of each half of a block's values.
inline void store_halves(__m512i values, int8_t* first, int8_t* last) {
  const __m256i bytes = _mm512_cvtepi16_epi8(values);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(first), _mm256_castsi256_si128(bytes));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(last), _mm256_extracti128_si256(bytes, 1));
}

// Block i of four. A high byte is rounded, so that what is left for the low one is signed.
inline void place_block(__m512i values, float scale, int i, FourBlocks* four) {
  const __m512i high = _mm512_srai_epi16(_mm512_add_epi16(values, _mm512_set1_epi16(128)), 8);
  store_halves(high, four->high_first + 16 * i, four->high_last + 16 * i);
  store_halves(values, four->low_first + 16 * i, four->low_last + 16 * i);
  _mm_storeu_ps(four->scales + 4 * i, _mm_set1_ps(scale));
}

}  // namespace

void quantise_int16_avx512vnni(const float* x, int64_t blocks, int16_t* values, float* scales) {
  for (int64_t b = 0; b < blocks; b++) {
    _mm512_storeu_si512(values + b * kQuantBlock, quantise_block(x + b * kQuantBlock, scales + b));
  }
}

void prepare_q8_0_avx512vnni(const float* x, int64_t cols, uint8_t* activations) {
  quantise_int16_avx512vnni(x, cols / kQuantBlock, reinterpret_cast<int16_t*>(activations),
                            reinterpret_cast<float*>(activations + cols * 2));
}

void prepare_q4_0_avx512vnni(const float* x, int64_t cols, uint8_t* activations) {
  FourBlocks* fours = reinterpret_cast<FourBlocks*>(activations);
  const int64_t blocks = cols / kQuantBlock;
  for (int64_t b = 0; b < fours_of(cols) * 4; b++) {
    float scale = 0;
    const __m512i values = b < blocks ? quantise_block(x + b * kQuantBlock, &scale) : _mm512_setzero_si512();
    place_block(values, scale, static_cast<int>(b % 4), fours + b / 4);
  }
  const __m512i eights = _mm512_set1_epi8(8);
  for (int64_t i = 0; i < fours_of(cols); i++) {
    const __m512i sums = multiply_nibbles({eights, eights}, FourBlockBytes(fours[i]), _mm512_setzero_si512());
    _mm512_storeu_si512(fours[i].zero_points, _mm512_sub_epi32(_mm512_setzero_si512(), sums));
  }
}

}  // namespace hearth
