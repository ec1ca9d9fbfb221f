// Prefill with AVX-512 VNNI: each lane is a row of the weights, each register a token and sixteen rows. 32 rows x 6 tokens
// take 12 registers of exact sums, 12 of floats, 2 of weights, 2 of scales and 2 for what is on its way.
#define HEARTH_SET AVX512VNNI
#include <immintrin.h>

#include <cstring>

#include "avx512vnni-multiply-add.h"
#include "compiler-hints.h"
#include "matmul-avx512vnni-kernels.h"
#include "mutants.h"

namespace hearth {
namespace {

constexpr int kVectors = kInt16Rows / 16;
constexpr int64_t kSlabBlocks = kInt16Depth / kQuantBlock;
constexpr int kTokens = 6;

// Two values of one token, for every lane.
inline __m512i broadcast_pair(const int16_t* x) {
  int32_t pair;
  std::memcpy(&pair, x, sizeof(pair));
  return _mm512_set1_epi32(pair);
}

template <int T>
inline void multiply_block(const int16_t* pairs, const float* scales, const int16_t* x, const float* steps,
                           __m512 (*sums)[kVectors]) {
  __m512i whole[T][kVectors];
  HEARTH_UNROLL for (int t = 0; t < T; t++) {
    HEARTH_UNROLL for (int v = 0; v < kVectors; v++) whole[t][v] = _mm512_setzero_si512();
  }
  for (int64_t c = 0; c < kQuantBlock; c += 2) {
    __m512i w[kVectors];
    HEARTH_UNROLL for (int v = 0; v < kVectors; v++) w[v] = _mm512_load_si512(pairs + c * kInt16Rows + v * 32);
    HEARTH_UNROLL for (int t = 0; t < T; t++) {
      const __m512i pair = broadcast_pair(x + t * kInt16Depth + c);
      HEARTH_UNROLL for (int v = 0; v < kVectors; v++) add_pairs(whole[t][v], w[v], pair);
    }
  }
  HEARTH_UNROLL for (int t = 0; t < T; t++) {
    const __m512 step = _mm512_set1_ps(steps[t * kSlabBlocks]);
    HEARTH_UNROLL for (int v = 0; v < kVectors; v++) {
      const __m512 scale = _mm512_mul_ps(_mm512_load_ps(scales + v * 16), step);
      sums[t][v] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(whole[t][v]), scale, sums[t][v]);
    }
  }
}

template <int T>
void multiply_tokens(const Int16Slab& slab, int64_t blocks, const int16_t* x, const float* steps, float* y,
                     int64_t y_stride, const __mmask16* rows, bool first) {
  __m512 sums[T][kVectors];
  HEARTH_UNROLL for (int t = 0; t < T; t++) {
    HEARTH_UNROLL for (int v = 0; v < kVectors; v++) {
      sums[t][v] = first ? _mm512_setzero_ps() : _mm512_maskz_loadu_ps(rows[v], y + t * y_stride + v * 16);
    }
  }
  for (int64_t b = 0; b < blocks; b++) {
    multiply_block<T>(slab.pairs + b * kQuantBlock * kInt16Rows, slab.scales + b * kInt16Rows, x + b * kQuantBlock,
                      steps + b, sums);
  }
  HEARTH_UNROLL for (int t = 0; t < T; t++) {
    HEARTH_UNROLL for (int v = 0; v < kVectors; v++) _mm512_mask_storeu_ps(y + t * y_stride + v * 16, rows[v], sums[t][v]);
  }
}

// The last tokens, fewer than a full tile.
template <int T>
void multiply_last_tokens(const Int16Slab& slab, int64_t blocks, const int16_t* x, const float* steps, int64_t tokens,
                          float* y, int64_t y_stride, const __mmask16* rows, bool first) {
  if constexpr (T > 0) {
    if (tokens == T) return multiply_tokens<T>(slab, blocks, x, steps, y, y_stride, rows, first);
    multiply_last_tokens<T - 1>(slab, blocks, x, steps, tokens, y, y_stride, rows, first);
  }
}

inline __mmask16 first_lanes(int64_t count) {
  return count >= 16 ? 0xffff : static_cast<__mmask16>((1u << (count < 0 ? 0 : count)) - 1);
}

// Row i of sixteen, or the last there is: what its lane holds is not stored.
inline int64_t row_at(int64_t first, int64_t i, int64_t count) { return first + i < count ? first + i : count - 1; }

// Four columns of bytes of each of sixteen rows, as two vectors of pairs of 16 bits.
inline void store_columns(__m512i bytes, int16_t* pairs) {
  const __m512i first = _mm512_broadcast_i32x4(_mm_setr_epi8(-1, 0, -1, 1, -1, 4, -1, 5, -1, 8, -1, 9, -1, 12, -1, 13));
  const __m512i last = _mm512_broadcast_i32x4(_mm_setr_epi8(-1, 2, -1, 3, -1, 6, -1, 7, -1, 10, -1, 11, -1, 14, -1, 15));
  _mm512_store_si512(pairs, _mm512_srai_epi16(_mm512_shuffle_epi8(bytes, first), 8));
  _mm512_store_si512(pairs + 2 * kInt16Rows, _mm512_srai_epi16(_mm512_shuffle_epi8(bytes, last), 8));
}

// Sixteen bytes of each of sixteen rows, four columns a vector: lane i of the results is row i.
inline void load_columns(const uint8_t* const* rows, int64_t offset, __m512i* columns) {
  __m512i r[4];
  for (int i = 0; i < 4; i++) {
    const auto quarter = [&](int q) {
      return _mm_loadu_si128(reinterpret_cast<const __m128i*>(rows[4 * q + i] + offset));
    };
    r[i] = _mm512_castsi128_si512(quarter(0));
    r[i] = _mm512_inserti32x4(r[i], quarter(1), 1);
    r[i] = _mm512_inserti32x4(r[i], quarter(2), 2);
    r[i] = _mm512_inserti32x4(r[i], quarter(3), 3);
  }
  const __m512i a = _mm512_unpacklo_epi32(r[0], r[1]), b = _mm512_unpackhi_epi32(r[0], r[1]);
  const __m512i c = _mm512_unpacklo_epi32(r[2], r[3]), d = _mm512_unpackhi_epi32(r[2], r[3]);
  columns[0] = _mm512_unpacklo_epi64(a, c);
  columns[1] = _mm512_unpackhi_epi64(a, c);
  columns[2] = _mm512_unpacklo_epi64(b, d);
  columns[3] = _mm512_unpackhi_epi64(b, d);
}

struct Q8 {
  static constexpr int64_t kBlockBytes = kQ8Bytes;
  static void pack_block(const uint8_t* const* rows, int64_t at, int16_t* pairs) {
    const int64_t skipped = HEARTH_SET_MUTANT(MATMUL_Q8_0_PREFILL, 2, 1);
    __m512i columns[4];
    for (int half = 0; half < 2; half++) {
      load_columns(rows, at + skipped + 16 * half, columns);
      for (int i = 0; i < 4; i++) store_columns(columns[i], pairs + (16 * half + 4 * i) * kInt16Rows);
    }
  }
};

struct Q4 {
  static constexpr int64_t kBlockBytes = kQ4Bytes;
  static void pack_block(const uint8_t* const* rows, int64_t at, int16_t* pairs) {
    const __m512i mask = _mm512_set1_epi8(15), zero = _mm512_set1_epi8(HEARTH_SET_MUTANT(MATMUL_Q4_0_PREFILL, 8, 7));
    __m512i columns[4];
    load_columns(rows, at + 2, columns);
    for (int i = 0; i < 4; i++) {
      const __m512i low = _mm512_and_si512(columns[i], mask);
      const __m512i high = _mm512_and_si512(_mm512_srli_epi16(columns[i], 4), mask);
      store_columns(_mm512_sub_epi8(low, zero), pairs + 4 * i * kInt16Rows);
      store_columns(_mm512_sub_epi8(high, zero), pairs + (16 + 4 * i) * kInt16Rows);
    }
  }
};

template <class Q>
void pack(const uint8_t* w, int64_t stride, int64_t count, int64_t blocks, Int16Slab* slab) {
  for (int v = 0; v < kVectors; v++) {
    const uint8_t* rows[16];
    for (int i = 0; i < 16; i++) rows[i] = w + row_at(v * 16, i, count) * stride;
    for (int64_t b = 0; b < blocks; b++) {
      Q::pack_block(rows, b * Q::kBlockBytes, slab->pairs + b * kQuantBlock * kInt16Rows + v * 32);
      alignas(32) uint16_t scales[16];
      for (int i = 0; i < 16; i++) std::memcpy(scales + i, rows[i] + b * Q::kBlockBytes, sizeof(uint16_t));
      _mm512_store_ps(slab->scales + b * kInt16Rows + v * 16,
                      _mm512_cvtph_ps(_mm256_load_si256(reinterpret_cast<const __m256i*>(scales))));
    }
  }
}

}  // namespace

void pack_q8_0_32_avx512vnni(const uint8_t* w, int64_t stride, int64_t count, int64_t blocks, Int16Slab* slab) {
  pack<Q8>(w, stride, count, blocks, slab);
}

void pack_q4_0_32_avx512vnni(const uint8_t* w, int64_t stride, int64_t count, int64_t blocks, Int16Slab* slab) {
  pack<Q4>(w, stride, count, blocks, slab);
}

void multiply_slab_32x6_avx512vnni(const Int16Slab& slab, int64_t blocks, const Int16Activations& x, int64_t tokens,
                                   float* y, int64_t y_stride, int64_t rows, bool first) {
  const __mmask16 masks[kVectors] = {first_lanes(rows), first_lanes(rows - 16)};
  int64_t t = 0;
  for (; t + kTokens <= tokens; t += kTokens) {
    multiply_tokens<kTokens>(slab, blocks, x.values + t * kInt16Depth, x.scales + t * kSlabBlocks, y + t * y_stride,
                             y_stride, masks, first);
  }
  multiply_last_tokens<kTokens - 1>(slab, blocks, x.values + t * kInt16Depth, x.scales + t * kSlabBlocks, tokens - t,
                                    y + t * y_stride, y_stride, masks, first);
}

}  // namespace hearth
