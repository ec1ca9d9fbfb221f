// Quantised weights with AVX-512 and VNNI: two blocks in one vector. The byte product takes one side unsigned, so
// weights are multiplied as weight + 128 (Q8_0) or as nibbles (weight + 8), and the sums begin at the correction that
// takes 128 or 8 times the activations away again.
#define HEARTH_SET AVX512
#include <immintrin.h>

#include "matmul-avx2-blocks.h"
#include "matmul-avx512-kernels.h"
#include "matmul-avx512-vectors.h"
#include "matmul-quantised-dot.h"
#include "mutants.h"

namespace hearth {
namespace {

struct BlocksVnni {
  using Sums = __m512;
  using Scales = __m512;  // Eight, in the lower half.
  static constexpr int kGroup = 8, kStep = 2, kRows = 4, kTokens = 4;

  static Sums zero() { return _mm512_setzero_ps(); }
  static float sum(Sums v) { return Avx512::sum(v); }
  static float one_scale(const uint8_t* w) { return load_scale(w); }

  static Scales times(__m128i halves, const float* xs) {
    return _mm512_castps256_ps512(_mm256_mul_ps(_mm256_cvtph_ps(halves), _mm256_loadu_ps(xs)));
  }

  // Scale i over the lower half, scale i + 1 over the upper.
  static __m512 two_scales(const Scales& scales, int i) {
    const __m512i lower_or_upper = _mm512_setr_epi32(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
    return _mm512_permutexvar_ps(_mm512_add_epi32(lower_or_upper, _mm512_set1_epi32(i)), scales);
  }

  static void add_products(Sums& sums, __m512i w, __m512i x, __m512i correction, __m512 scales) {
    const __m512i products = _mm512_dpbusd_epi32(correction, w, x);
    sums = _mm512_fmadd_ps(_mm512_cvtepi32_ps(products), scales, sums);
  }

  static void accumulate(Sums& sums, __m512i w, const int8_t* x, const uint8_t* correction, const Scales& scales,
                         int i) {
    add_products(sums, w, _mm512_loadu_si512(x), _mm512_loadu_si512(correction), two_scales(scales, i));
  }

  // The upper half adds zeros.
  static void accumulate_one(Sums& sums, __m256i w, const int8_t* x, const uint8_t* correction, float scale) {
    add_products(sums, _mm512_zextsi256_si512(w), _mm512_zextsi256_si512(load_bytes(x)),
                 _mm512_zextsi256_si512(load_bytes(correction)), _mm512_set1_ps(scale));
  }
};

struct Q8Vnni : BlocksVnni {
  static constexpr int64_t kBlockBytes = kQ8Bytes;
  static constexpr int kDecodeRows = 1;

  static int64_t blocks_summed(int64_t blocks) { return HEARTH_SET_MUTANT(MATMUL_Q8_0_DECODE, blocks, blocks - 1); }
  // The eight scales are the 16-bit words 0, 17, … 119 of the group's first 256 bytes.
  static Scales group_scales(const uint8_t* w, const float* xs) {
    const __m512i words = _mm512_castsi128_si512(_mm_setr_epi16(0, 17, 34, 51, 4, 21, 38, 55));
    const __m512i first = _mm512_permutex2var_epi16(_mm512_loadu_si512(w), words, _mm512_loadu_si512(w + 64));
    const __m512i last = _mm512_permutex2var_epi16(_mm512_loadu_si512(w + 128), words, _mm512_loadu_si512(w + 192));
    return times(_mm_blend_epi16(_mm512_castsi512_si128(first), _mm512_castsi512_si128(last), 0xf0), xs);
  }
  // Adding 128 to a byte turns its highest bit round.
  static __m512i load(const uint8_t* w) {
    const __m512i lower = _mm512_castsi256_si512(load_bytes(w + 2));
    const __m512i both = _mm512_inserti64x4(lower, load_bytes(w + kBlockBytes + 2), 1);
    return _mm512_xor_si512(both, _mm512_set1_epi8(-128));
  }
  static __m256i load_one(const uint8_t* w) { return _mm256_xor_si256(load_bytes(w + 2), _mm256_set1_epi8(-128)); }
};

struct Q4Vnni : BlocksVnni {
  static constexpr int64_t kBlockBytes = kQ4Bytes;
  static constexpr int kDecodeRows = 4;

  static int64_t blocks_summed(int64_t blocks) { return HEARTH_SET_MUTANT(MATMUL_Q4_0_DECODE, blocks, blocks - 1); }
  // The eight scales are the 16-bit words 0, 9, … 63 of the group's first 128 bytes.
  static Scales group_scales(const uint8_t* w, const float* xs) {
    const __m512i words = _mm512_castsi128_si512(_mm_setr_epi16(0, 9, 18, 27, 36, 45, 54, 63));
    const __m512i scales = _mm512_permutex2var_epi16(_mm512_loadu_si512(w), words, _mm512_loadu_si512(w + 64));
    return times(_mm512_castsi512_si128(scales), xs);
  }
  static __m512i load(const uint8_t* w) {
    const __m128i first = _mm_loadu_si128(reinterpret_cast<const __m128i*>(w + 2));
    const __m128i second = _mm_loadu_si128(reinterpret_cast<const __m128i*>(w + kBlockBytes + 2));
    const __m512i twice = _mm512_mask_broadcast_i32x4(_mm512_broadcast_i32x4(first), 0xff00, second);
    const __m512i shifts = _mm512_setr_epi32(0, 0, 0, 0, 4, 4, 4, 4, 0, 0, 0, 0, 4, 4, 4, 4);
    return _mm512_and_si512(_mm512_srlv_epi32(twice, shifts), _mm512_set1_epi8(15));
  }
  static __m256i load_one(const uint8_t* w) { return load_nibbles(w + 2); }
};

// Corrections: -offset times the sum of each four activations, as the dot product of bytes adds them up.
void quantise_vnni(const float* x, int64_t blocks, int offset, int8_t* values, float* scales, uint8_t* corrections) {
  const __m256i offsets = _mm256_set1_epi8(static_cast<char>(offset));
  for (int64_t b = 0; b < blocks; b++) {
    const __m256i block = quantise_block(x + b * kQuantBlock, scales + b);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(values + b * kQuantBlock), block);
    const __m256i sums = _mm256_dpbusd_epi32(_mm256_setzero_si256(), offsets, block);
    const __m256i negated = _mm256_sub_epi32(_mm256_setzero_si256(), sums);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(corrections + b * kQuantBlock), negated);
  }
}

}  // namespace

void quantise_q8_0_avx512vnni(const float* x, int64_t blocks, int8_t* values, float* scales, uint8_t* corrections) {
  quantise_vnni(x, blocks, 128, values, scales, corrections);
}

void quantise_q4_0_avx512vnni(const float* x, int64_t blocks, int8_t* values, float* scales, uint8_t* corrections) {
  quantise_vnni(x, blocks, 8, values, scales, corrections);
}

void dot_q8_0_avx512vnni(const MatmulArgs& args, const QuantisedActivations& quantised, int64_t begin, int64_t end) {
  dot_quantised<Q8Vnni>(args, quantised, begin, end);
}

void dot_q4_0_avx512vnni(const MatmulArgs& args, const QuantisedActivations& quantised, int64_t begin, int64_t end) {
  dot_quantised<Q4Vnni>(args, quantised, begin, end);
}

void widen_q8_0_avx512(const uint8_t* row, int64_t col, int64_t count, float* out) {
  widen_q8_0(row, col, count, HEARTH_SET_MUTANT(MATMUL_Q8_0_PREFILL, 2, 1), out);
}

void widen_q4_0_avx512(const uint8_t* row, int64_t col, int64_t count, float* out) {
  widen_q4_0(row, col, count, HEARTH_SET_MUTANT(MATMUL_Q4_0_PREFILL, 8, 7), out);
}

}  // namespace hearth
