// Quantised weights with AVX2, FMA and F16C: a block is four vectors of floats.
#define HEARTH_SET AVX2
#include <immintrin.h>

#include "matmul-avx2-blocks.h"
#include "matmul-avx2-kernels.h"
#include "matmul-avx2-vectors.h"
#include "matmul-quantised-dot.h"
#include "mutants.h"

namespace hearth {
namespace {

struct BlocksAvx2 : EightAvx2 {
  using Sums = __m256;
  struct Floats {
    __m256 part[4];
  };
  static constexpr int kRows = 2, kTokens = 3;

  static Sums zero() { return _mm256_setzero_ps(); }
  static float sum(Sums v) { return Avx2::sum(v); }
  static float one_scale(const uint8_t* w) { return load_scale(w); }
  static void accumulate(Sums& sums, const Floats& w, const float* x, float scale) {
    const __m256 a = _mm256_fmadd_ps(w.part[1], _mm256_loadu_ps(x + 8), _mm256_mul_ps(w.part[0], _mm256_loadu_ps(x)));
    const __m256 b =
        _mm256_fmadd_ps(w.part[3], _mm256_loadu_ps(x + 24), _mm256_mul_ps(w.part[2], _mm256_loadu_ps(x + 16)));
    sums = _mm256_fmadd_ps(_mm256_add_ps(a, b), _mm256_set1_ps(scale), sums);
  }
};

struct Q8Avx2 : BlocksAvx2 {
  static constexpr float kOffset = 0;
  static constexpr int64_t kBlockBytes = kQ8Bytes;
  static constexpr int kDecodeRows = 1;

  static int64_t blocks_summed(int64_t blocks) { return HEARTH_SET_MUTANT(MATMUL_Q8_0_DECODE, blocks, blocks - 1); }
  static void store_scales(const uint8_t* w, float* scales) { _mm256_storeu_ps(scales, load_scales(w, kBlockBytes)); }
  static __m256 widen(const uint8_t* p) { return widen_eight(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))); }
  static Floats load(const uint8_t* w) { return {{widen(w + 2), widen(w + 10), widen(w + 18), widen(w + 26)}}; }
};

struct Q4Avx2 : BlocksAvx2 {
  static constexpr float kOffset = 8;
  static constexpr int64_t kBlockBytes = kQ4Bytes;
  static constexpr int kDecodeRows = 2;

  static int64_t blocks_summed(int64_t blocks) { return HEARTH_SET_MUTANT(MATMUL_Q4_0_DECODE, blocks, blocks - 1); }
  static void store_scales(const uint8_t* w, float* scales) { _mm256_storeu_ps(scales, load_scales(w, kBlockBytes)); }
  static __m256i bytes(const uint8_t* p) {
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
  }
  static __m256 low(__m256i v) { return _mm256_cvtepi32_ps(_mm256_and_si256(v, _mm256_set1_epi32(15))); }
  static __m256 high(__m256i v) { return _mm256_cvtepi32_ps(_mm256_srli_epi32(v, 4)); }
  static Floats load(const uint8_t* w) {
    const __m256i first = bytes(w + 2), last = bytes(w + 10);
    return {{low(first), low(last), high(first), high(last)}};
  }
};

}  // namespace

void dot_q8_0_2x3_avx2(const MatmulArgs& args, const float* none, int64_t begin, int64_t end) {
  dot_quantised<Q8Avx2>(args, none, begin, end);
}

void dot_q4_0_2x3_avx2(const MatmulArgs& args, const float* block_sums, int64_t begin, int64_t end) {
  dot_quantised<Q4Avx2>(args, block_sums, begin, end);
}

void widen_q8_0_avx2(const uint8_t* row, int64_t col, int64_t count, float* out) {
  widen_q8_0(row, col, count, HEARTH_SET_MUTANT(MATMUL_Q8_0_PREFILL, 2, 1), out);
}

void widen_q4_0_avx2(const uint8_t* row, int64_t col, int64_t count, float* out) {
  widen_q4_0(row, col, count, HEARTH_SET_MUTANT(MATMUL_Q4_0_PREFILL, 8, 7), out);
}

}  // namespace hearth
