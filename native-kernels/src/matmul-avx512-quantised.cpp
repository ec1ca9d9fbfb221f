// Quantised weights with AVX-512: a block is two vectors of floats.
#define HEARTH_SET AVX512
#include <immintrin.h>

#include "matmul-avx2-blocks.h"
#include "matmul-avx512-kernels.h"
#include "matmul-avx512-vectors.h"
#include "matmul-quantised-dot.h"
#include "mutants.h"

namespace hearth {
namespace {

struct BlocksAvx512 : EightAvx2 {
  using Sums = __m512;
  struct Floats {
    __m512 first, last;
  };
  static constexpr int kRows = 2, kTokens = 4;

  static Sums zero() { return _mm512_setzero_ps(); }
  static float sum(Sums v) { return Avx512::sum(v); }
  static float one_scale(const uint8_t* w) { return load_scale(w); }
  static void accumulate(Sums& sums, const Floats& w, const float* x, float scale) {
    const __m512 products = _mm512_mul_ps(w.first, _mm512_loadu_ps(x));
    sums = _mm512_fmadd_ps(_mm512_fmadd_ps(w.last, _mm512_loadu_ps(x + 16), products), _mm512_set1_ps(scale), sums);
  }
};

inline __m128i load_sixteen(const uint8_t* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }

struct Q8Avx512 : BlocksAvx512 {
  static constexpr float kOffset = 0;
  static constexpr int64_t kBlockBytes = kQ8Bytes;
  static constexpr int kDecodeRows = 4;

  static int64_t blocks_summed(int64_t blocks) { return HEARTH_SET_MUTANT(MATMUL_Q8_0_DECODE, blocks, blocks - 1); }
  // The eight scales are the 16-bit words 0, 17, … 119 of the group's first 256 bytes.
  static void store_scales(const uint8_t* w, float* scales) {
    const __m512i words = _mm512_castsi128_si512(_mm_setr_epi16(0, 17, 34, 51, 4, 21, 38, 55));
    const __m512i first = _mm512_permutex2var_epi16(_mm512_loadu_si512(w), words, _mm512_loadu_si512(w + 64));
    const __m512i last = _mm512_permutex2var_epi16(_mm512_loadu_si512(w + 128), words, _mm512_loadu_si512(w + 192));
    const __m128i halves = _mm_blend_epi16(_mm512_castsi512_si128(first), _mm512_castsi512_si128(last), 0xf0);
    _mm256_storeu_ps(scales, _mm256_cvtph_ps(halves));
  }
  static __m512 widen(const uint8_t* p) { return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(load_sixteen(p))); }
  static Floats load(const uint8_t* w) { return {widen(w + 2), widen(w + 18)}; }
};

struct Q4Avx512 : BlocksAvx512 {
  static constexpr float kOffset = 8;
  static constexpr int64_t kBlockBytes = kQ4Bytes;
  static constexpr int kDecodeRows = 4;

  static int64_t blocks_summed(int64_t blocks) { return HEARTH_SET_MUTANT(MATMUL_Q4_0_DECODE, blocks, blocks - 1); }
  // The eight scales are the 16-bit words 0, 9, … 63 of the group's first 128 bytes.
  static void store_scales(const uint8_t* w, float* scales) {
    const __m512i words = _mm512_castsi128_si512(_mm_setr_epi16(0, 9, 18, 27, 36, 45, 54, 63));
    const __m512i halves = _mm512_permutex2var_epi16(_mm512_loadu_si512(w), words, _mm512_loadu_si512(w + 64));
    _mm256_storeu_ps(scales, _mm256_cvtph_ps(_mm512_castsi512_si128(halves)));
  }
  static Floats load(const uint8_t* w) {
    const __m512i bytes = _mm512_cvtepu8_epi32(load_sixteen(w + 2));
    const __m512i low = _mm512_and_si512(bytes, _mm512_set1_epi32(15)), high = _mm512_srli_epi32(bytes, 4);
    return {_mm512_cvtepi32_ps(low), _mm512_cvtepi32_ps(high)};
  }
};

}  // namespace

void dot_q8_0_2x4_avx512(const MatmulArgs& args, const float* none, int64_t begin, int64_t end) {
  dot_quantised<Q8Avx512>(args, none, begin, end);
}

void dot_q4_0_2x4_avx512(const MatmulArgs& args, const float* block_sums, int64_t begin, int64_t end) {
  dot_quantised<Q4Avx512>(args, block_sums, begin, end);
}

void widen_q8_0_avx512(const uint8_t* row, int64_t col, int64_t count, float* out) {
  widen_q8_0(row, col, count, HEARTH_SET_MUTANT(MATMUL_Q8_0_PREFILL, 2, 1), out);
}

void widen_q4_0_avx512(const uint8_t* row, int64_t col, int64_t count, float* out) {
  widen_q4_0(row, col, count, HEARTH_SET_MUTANT(MATMUL_Q4_0_PREFILL, 8, 7), out);
}

}  // namespace hearth
