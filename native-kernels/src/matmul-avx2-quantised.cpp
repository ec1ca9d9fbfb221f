// Quantised weights with AVX2, FMA and F16C.
#define HEARTH_SET AVX2
#include <immintrin.h>

#include "matmul-avx2-blocks.h"
#include "matmul-avx2-kernels.h"
#include "matmul-avx2-vectors.h"
#include "matmul-quantised-dot.h"
#include "mutants.h"

namespace hearth {
namespace {

// What both types share: scales by groups of eight, one block in one vector.
struct BlocksAvx2 {
  using Sums = __m256;
  static constexpr int kGroup = 8, kStep = 1, kRows = 4, kTokens = 2;
  // In memory: a broadcast from there costs no shuffle.
  struct Scales {
    alignas(32) float of_block[kGroup];
  };

  static Sums zero() { return _mm256_setzero_ps(); }
  static float sum(Sums v) { return Avx2::sum(v); }
  static float one_scale(const uint8_t* w) { return load_scale(w); }

  // Adds eight sums of four products each, times the scale. `pairs` are sums of two as int16.
  static void add_pairs(Sums& sums, __m256i pairs, __m256 scale) {
    const __m256i fours = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
    sums = _mm256_fmadd_ps(_mm256_cvtepi32_ps(fours), scale, sums);
  }
};

struct Q8Avx2 : BlocksAvx2 {
  static constexpr int64_t kBlockBytes = kQ8Bytes;
  static constexpr int kDecodeRows = 1;

  static int64_t blocks_summed(int64_t blocks) { return HEARTH_SET_MUTANT(MATMUL_Q8_0_DECODE, blocks, blocks - 1); }
  static Scales group_scales(const uint8_t* w, const float* xs) {
    Scales scales;
    _mm256_store_ps(scales.of_block, _mm256_mul_ps(load_scales(w, kBlockBytes), _mm256_loadu_ps(xs)));
    return scales;
  }
  static __m256i load(const uint8_t* w) { return load_bytes(w + 2); }
  static __m256i load_one(const uint8_t* w) { return load(w); }

  // The byte product wants one side unsigned: |w| with x under the sign of w. 128 * 127 * 2 still fits 16 bits.
  static __m256i pairs(__m256i w, const int8_t* x) {
    return _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(load_bytes(x), w));
  }
  static void accumulate(Sums& sums, __m256i w, const int8_t* x, const uint8_t*, const Scales& scales, int i) {
    add_pairs(sums, pairs(w, x), _mm256_broadcast_ss(scales.of_block + i));
  }
  static void accumulate_one(Sums& sums, __m256i w, const int8_t* x, const uint8_t*, float scale) {
    add_pairs(sums, pairs(w, x), _mm256_set1_ps(scale));
  }
};

struct Q4Avx2 : BlocksAvx2 {
  static constexpr int64_t kBlockBytes = kQ4Bytes;
  static constexpr int kDecodeRows = 4;

  static int64_t blocks_summed(int64_t blocks) { return HEARTH_SET_MUTANT(MATMUL_Q4_0_DECODE, blocks, blocks - 1); }
  static Scales group_scales(const uint8_t* w, const float* xs) {
    Scales scales;
    _mm256_store_ps(scales.of_block, _mm256_mul_ps(load_scales(w, kBlockBytes), _mm256_loadu_ps(xs)));
    return scales;
  }
  static __m256i load(const uint8_t* w) { return load_nibbles(w + 2); }
  static __m256i load_one(const uint8_t* w) { return load(w); }

  // Nibbles count from -8: the correction is 8 times the sum of each pair of activations.
  static __m256i pairs(__m256i w, const int8_t* x, const uint8_t* correction) {
    return _mm256_sub_epi16(_mm256_maddubs_epi16(w, load_bytes(x)), load_bytes(correction));
  }
  static void accumulate(Sums& sums, __m256i w, const int8_t* x, const uint8_t* correction, const Scales& scales,
                         int i) {
    add_pairs(sums, pairs(w, x, correction), _mm256_broadcast_ss(scales.of_block + i));
  }
  static void accumulate_one(Sums& sums, __m256i w, const int8_t* x, const uint8_t* correction, float scale) {
    add_pairs(sums, pairs(w, x, correction), _mm256_set1_ps(scale));
  }
};

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
  widen_q8_0(row, col, count, HEARTH_SET_MUTANT(MATMUL_Q8_0_PREFILL, 2, 1), out);
}

void widen_q4_0_avx2(const uint8_t* row, int64_t col, int64_t count, float* out) {
  widen_q4_0(row, col, count, HEARTH_SET_MUTANT(MATMUL_Q4_0_PREFILL, 8, 7), out);
}

}  // namespace hearth
