// Quantised weights with AVX2, FMA and F16C.
#define HEARTH_SET AVX2
#include <immintrin.h>

#include "half-float.h"
#include "matmul-avx2-kernels.h"
#include "matmul-avx2-vectors.h"
#include "matmul-quantised-dot.h"
#include "mutants.h"

namespace hearth {
namespace {

__m256i load_bytes(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }

// Sixteen bytes of nibbles as 32 values 0…15: the low ones, then the high ones.
__m256i load_nibbles(const uint8_t* p) {
  const __m256i twice = _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  const __m256i shifts = _mm256_setr_epi32(0, 0, 0, 0, 4, 4, 4, 4);
  return _mm256_and_si256(_mm256_srlv_epi32(twice, shifts), _mm256_set1_epi8(15));
}

// What both types share: scales by groups of eight, one block in one vector.
struct BlocksAvx2 {
  using Sums = __m256;
  using Scales = __m256;
  static constexpr int kGroup = 8, kStep = 1, kRows = 4, kTokens = 2;

  static Sums zero() { return _mm256_setzero_ps(); }
  static float sum(Sums v) { return Avx2::sum(v); }
  static Scales load_group(const float* p) { return _mm256_loadu_ps(p); }
  static void store_group(float* p, Scales v) { _mm256_store_ps(p, v); }
  static Scales multiply(Scales a, Scales b) { return _mm256_mul_ps(a, b); }

  static float one_scale(const uint8_t* w) { return _cvtsh_ss(load_u16(w)); }

  static Scales scales_at(const uint8_t* w, int64_t stride) {
    const auto bits = [&](int64_t i) { return static_cast<short>(load_u16(w + i * stride)); };
    return _mm256_cvtph_ps(_mm_setr_epi16(bits(0), bits(1), bits(2), bits(3), bits(4), bits(5), bits(6), bits(7)));
  }

  // Adds eight sums of four products each, times the scale. `pairs` are sums of two as int16.
  static void add_pairs(Sums& sums, __m256i pairs, __m256 scale) {
    const __m256i fours = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
    sums = _mm256_fmadd_ps(_mm256_cvtepi32_ps(fours), scale, sums);
  }
};

struct Q8Avx2 : BlocksAvx2 {
  static constexpr int64_t kBlockBytes = kQ8Bytes;

  static int64_t blocks_summed(int64_t blocks) { return HEARTH_SET_MUTANT(MATMUL_Q8_0_DECODE, blocks, blocks - 1); }
  static Scales block_scales(const uint8_t* w) { return scales_at(w, kBlockBytes); }
  static __m256i load(const uint8_t* w) { return load_bytes(w + 2); }
  static __m256i load_one(const uint8_t* w) { return load(w); }

  // The byte product wants one side unsigned: |w| with x under the sign of w. 128 * 127 * 2 still fits 16 bits.
  static __m256i pairs(__m256i w, const int8_t* x) {
    return _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(load_bytes(x), w));
  }
  static void accumulate(Sums& sums, __m256i w, const int8_t* x, const uint8_t*, const float* scale) {
    add_pairs(sums, pairs(w, x), _mm256_broadcast_ss(scale));
  }
  static void accumulate_one(Sums& sums, __m256i w, const int8_t* x, const uint8_t*, float scale) {
    add_pairs(sums, pairs(w, x), _mm256_set1_ps(scale));
  }
};

struct Q4Avx2 : BlocksAvx2 {
  static constexpr int64_t kBlockBytes = kQ4Bytes;

  static int64_t blocks_summed(int64_t blocks) { return HEARTH_SET_MUTANT(MATMUL_Q4_0_DECODE, blocks, blocks - 1); }
  static Scales block_scales(const uint8_t* w) { return scales_at(w, kBlockBytes); }
  static __m256i load(const uint8_t* w) { return load_nibbles(w + 2); }
  static __m256i load_one(const uint8_t* w) { return load(w); }

  // Nibbles count from -8: the correction is 8 times the sum of each pair of activations.
  static __m256i pairs(__m256i w, const int8_t* x, const uint8_t* correction) {
    return _mm256_sub_epi16(_mm256_maddubs_epi16(w, load_bytes(x)), load_bytes(correction));
  }
  static void accumulate(Sums& sums, __m256i w, const int8_t* x, const uint8_t* correction, const float* scale) {
    add_pairs(sums, pairs(w, x, correction), _mm256_broadcast_ss(scale));
  }
  static void accumulate_one(Sums& sums, __m256i w, const int8_t* x, const uint8_t* correction, float scale) {
    add_pairs(sums, pairs(w, x, correction), _mm256_set1_ps(scale));
  }
};

// Magnitudes compare as integers do, infinities and NaN above all numbers.
__m256i larger_magnitude(__m256i largest, __m256 v) {
  return _mm256_max_epi32(largest, _mm256_and_si256(_mm256_castps_si256(v), _mm256_set1_epi32(0x7fffffff)));
}

float largest_of(__m256i v) {
  __m128i four = _mm_max_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  four = _mm_max_epi32(four, _mm_shuffle_epi32(four, 0x4e));
  four = _mm_max_epi32(four, _mm_shuffle_epi32(four, 0xb1));
  return _mm_cvtss_f32(_mm_castsi128_ps(four));
}

__m256i quantise_block(const float* x, float* scale) {
  const __m256 v[4] = {_mm256_loadu_ps(x), _mm256_loadu_ps(x + 8), _mm256_loadu_ps(x + 16), _mm256_loadu_ps(x + 24)};
  __m256i largest = _mm256_setzero_si256();
  for (const __m256& part : v) largest = larger_magnitude(largest, part);
  const float amax = largest_of(largest);
  const bool finite = amax <= 3.402823466e38f;
  *scale = finite ? amax / 127.0f : float_of_bits(0x7fc00000u);
  const float inverse = 127.0f / amax;
  // Zero, a denormal too small for its inverse, an infinity or a NaN: nothing to keep.
  if (!finite || !(inverse <= 3.402823466e38f)) return _mm256_setzero_si256();
  __m256i whole[4];
  for (int i = 0; i < 4; i++) whole[i] = _mm256_cvtps_epi32(_mm256_mul_ps(v[i], _mm256_set1_ps(inverse)));
  const __m256i halves = _mm256_packs_epi16(_mm256_packs_epi32(whole[0], whole[1]), _mm256_packs_epi32(whole[2], whole[3]));
  return _mm256_permutevar8x32_epi32(halves, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

// Eight of 32 values of a block, as floats not yet scaled.
__m256 widen_eight(__m128i bytes) { return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes)); }

void widen_block(__m256i values, float scale, float* out) {
  const __m256 scales = _mm256_set1_ps(scale);
  const __m128i low = _mm256_castsi256_si128(values), high = _mm256_extracti128_si256(values, 1);
  _mm256_storeu_ps(out, _mm256_mul_ps(widen_eight(low), scales));
  _mm256_storeu_ps(out + 8, _mm256_mul_ps(widen_eight(_mm_srli_si128(low, 8)), scales));
  _mm256_storeu_ps(out + 16, _mm256_mul_ps(widen_eight(high), scales));
  _mm256_storeu_ps(out + 24, _mm256_mul_ps(widen_eight(_mm_srli_si128(high, 8)), scales));
}

}  // namespace

void quantise_q8_0_avx2(const float* x, int64_t blocks, int8_t* values, float* scales, uint8_t*) {
  for (int64_t b = 0; b < blocks; b++) {
    const __m256i block = quantise_block(x + b * kQuantBlock, scales + b);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(values + b * kQuantBlock), block);
  }
}

void quantise_q4_0_avx2(const float* x, int64_t blocks, int8_t* values, float* scales, uint8_t* corrections) {
  for (int64_t b = 0; b < blocks; b++) {
    const __m256i block = quantise_block(x + b * kQuantBlock, scales + b);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(values + b * kQuantBlock), block);
    const __m256i eights = _mm256_maddubs_epi16(_mm256_set1_epi8(8), block);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(corrections + b * kQuantBlock), eights);
  }
}

void dot_q8_0_avx2(const MatmulArgs& args, const QuantisedActivations& quantised, int64_t begin, int64_t end) {
  dot_quantised<Q8Avx2>(args, quantised, begin, end);
}

void dot_q4_0_avx2(const MatmulArgs& args, const QuantisedActivations& quantised, int64_t begin, int64_t end) {
  dot_quantised<Q4Avx2>(args, quantised, begin, end);
}

void widen_q8_0_avx2(const uint8_t* row, int64_t col, int64_t count, float* out) {
  const int64_t skipped = HEARTH_SET_MUTANT(MATMUL_Q8_0_PREFILL, 2, 1);
  for (int64_t i = 0; i < count; i += kQuantBlock) {
    const uint8_t* block = row + (col + i) / kQuantBlock * kQ8Bytes;
    widen_block(load_bytes(block + skipped), _cvtsh_ss(load_u16(block)), out + i);
  }
}

void widen_q4_0_avx2(const uint8_t* row, int64_t col, int64_t count, float* out) {
  const __m256i zero = _mm256_set1_epi8(HEARTH_SET_MUTANT(MATMUL_Q4_0_PREFILL, 8, 7));
  for (int64_t i = 0; i < count; i += kQuantBlock) {
    const uint8_t* block = row + (col + i) / kQuantBlock * kQ4Bytes;
    widen_block(_mm256_sub_epi8(load_nibbles(block + 2), zero), _cvtsh_ss(load_u16(block)), out + i);
  }
}

}  // namespace hearth
