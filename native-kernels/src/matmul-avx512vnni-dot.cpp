// Decode with AVX-512 VNNI: R rows with T tokens at once, the weights unpacked once for all tokens. An element's
// operations and their order depend on the number of blocks alone: the same bits in every tile.
#define HEARTH_SET AVX512VNNI
#include <immintrin.h>

#include "avx512vnni-multiply-add.h"
#include "compiler-hints.h"
#include "cpu-features.h"
#include "half-float.h"
#include "lookahead.h"
#include "matmul-avx512vnni-kernels.h"
#include "matmul-avx512vnni-nibbles.h"
#include "mutants.h"

namespace hearth {
namespace {

inline float sum_eight(__m256 v) {
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

// A block is two vectors of sixteen 16-bit values: 256 bits take fewer cycles than 512, whose sums would be twice as many
// to turn into floats. Blocks of even and odd number are summed apart, so that one waits less for the other.
struct Q8 {
  static constexpr int64_t kBlockBytes = kQ8Bytes;
  static constexpr int kDecodeRows = 1;  // One row after the other is one stream,
  static constexpr int kStreams = 4;     // and where streams end at each page (stream_lookahead), four rows are four.
  static constexpr int kRows = 2, kTokens = 4;
  static constexpr int64_t kGroup = 8;  // Blocks whose scales are widened together.

  struct Sums {
    __m256 part[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()};
    float total() const { return sum_eight(_mm256_add_ps(part[0], part[1])); }
  };
  struct Block {
    __m256i first, last;
  };

  static int64_t activation_bytes(int64_t cols) { return q8_0_activation_bytes(cols); }

  static __m256i widen(const uint8_t* w) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(w)));
  }
  static Block load_block(const uint8_t* w) { return {widen(w + 2), widen(w + 18)}; }
  static Block load_values(const int16_t* x) {
    return {_mm256_load_si256(reinterpret_cast<const __m256i*>(x)),
            _mm256_load_si256(reinterpret_cast<const __m256i*>(x + 16))};
  }
  static void add_block(__m256& sums, const Block& w, const Block& x, float scale) {
    __m256i products = _mm256_madd_epi16(w.first, x.first);
    add_pairs(products, w.last, x.last);
    sums = _mm256_fmadd_ps(_mm256_cvtepi32_ps(products), _mm256_set1_ps(scale), sums);
  }
  static __m256 load_scales(const uint8_t* w) {
    const auto bits = [&](int64_t i) { return static_cast<short>(load_u16(w + i * kBlockBytes)); };
    return _mm256_cvtph_ps(_mm_setr_epi16(bits(0), bits(1), bits(2), bits(3), bits(4), bits(5), bits(6), bits(7)));
  }

  // Rows `stride` bytes apart, tokens `x_bytes` apart.
  template <int R, int T>
  static void add_row(const uint8_t* w, int64_t stride, int64_t ahead, const uint8_t* x, int64_t x_bytes, int64_t cols,
                      Sums (*sums)[T]) {
    const int64_t blocks = cols / kQuantBlock;
    const auto values = [&](int t, int64_t b) { return reinterpret_cast<const int16_t*>(x + t * x_bytes) + b * kQuantBlock; };
    const auto steps = [&](int t, int64_t b) { return reinterpret_cast<const float*>(x + t * x_bytes + cols * 2) + b; };
    int64_t b = 0;
    for (; b + kGroup <= blocks; b += kGroup) {
      alignas(32) float scales[R][T][kGroup];
      HEARTH_UNROLL for (int r = 0; r < R; r++) {
        const uint8_t* group = w + r * stride + b * kBlockBytes;
        if (ahead > 0) {
          HEARTH_UNROLL for (int64_t at = 0; at < kGroup * kBlockBytes; at += 64) prefetch(group + ahead + at);
        }
        const __m256 loaded = load_scales(group);
        HEARTH_UNROLL for (int t = 0; t < T; t++) {
          _mm256_store_ps(scales[r][t], _mm256_mul_ps(loaded, _mm256_loadu_ps(steps(t, b))));
        }
      }
      // Not unrolled: the scales are then broadcast by loads, of which there are enough, and not by shuffles.
      HEARTH_KEEP_ROLLED for (int64_t i = 0; i < kGroup; i += 2) {
        HEARTH_UNROLL for (int j = 0; j < 2; j++) {
          Block block[R];
          HEARTH_UNROLL for (int r = 0; r < R; r++) block[r] = load_block(w + r * stride + (b + i + j) * kBlockBytes);
          HEARTH_UNROLL for (int t = 0; t < T; t++) {
            const Block token = load_values(values(t, b + i + j));
            HEARTH_UNROLL for (int r = 0; r < R; r++) add_block(sums[r][t].part[j], block[r], token, scales[r][t][i + j]);
          }
        }
      }
    }
    for (; b < HEARTH_SET_MUTANT(MATMUL_Q8_0_DECODE, blocks, blocks - 1); b++) {
      HEARTH_UNROLL for (int r = 0; r < R; r++) {
        const uint8_t* at = w + r * stride + b * kBlockBytes;
        const float scale = _cvtsh_ss(load_u16(at));
        const Block block = load_block(at);
        HEARTH_UNROLL for (int t = 0; t < T; t++) {
          add_block(sums[r][t].part[0], block, load_values(values(t, b)), scale * *steps(t, b));
        }
      }
    }
  }
};

struct Q4 {
  static constexpr int64_t kBlockBytes = kQ4Bytes;
  static constexpr int kDecodeRows = 4, kStreams = 4, kRows = 2, kTokens = 4;

  struct Sums {
    __m512 lanes = _mm512_setzero_ps();
    float total() const {
      return sum_eight(_mm256_add_ps(_mm512_castps512_ps256(lanes), _mm512_extractf32x8_ps(lanes, 1)));
    }
  };

  static int64_t activation_bytes(int64_t cols) { return q4_0_activation_bytes(cols); }

  struct Four {
    Nibbles nibbles;
    __m512 scales;
  };

  // Four blocks are 36 words of 16 bits: word 9i is the scale of block i, and its nibbles follow.
  static Four unpack(__m512i words, __m512i words_from_4) {
    const __m512i places = _mm512_set_epi16(63, 62, 61, 60, 31, 30, 29, 28, 26, 25, 24, 23, 22, 21, 20, 19, 17, 16, 15, 14,
                                            13, 12, 11, 10, 8, 7, 6, 5, 4, 3, 2, 1);
    const __m256i scale_places = _mm256_setr_epi16(0, 0, 0, 0, 9, 9, 9, 9, 18, 18, 18, 18, 27, 27, 27, 27);
    const __m512i bytes = _mm512_permutex2var_epi16(words, places, words_from_4), mask = _mm512_set1_epi8(15);
    const __m512i halves = _mm512_permutexvar_epi16(_mm512_castsi256_si512(scale_places), words);
    return {{_mm512_and_si512(bytes, mask), _mm512_and_si512(_mm512_srli_epi16(bytes, 4), mask)},
            _mm512_cvtph_ps(_mm512_castsi512_si256(halves))};
  }
  static Four load_four(const uint8_t* w) { return unpack(_mm512_loadu_si512(w), _mm512_loadu_si512(w + 8)); }
  // Fewer than four, at the end of a row: nothing beyond is read, and what is missing is zero.
  static Four load_last(const uint8_t* w, int64_t blocks) {
    const __mmask32 mask = static_cast<__mmask32>((1u << (blocks * kBlockBytes / 2)) - 1);
    return unpack(_mm512_maskz_loadu_epi16(mask, w), _mm512_setzero_si512());
  }

  template <int R, int T>
  static void add_fours(const Four* w, const uint8_t* x, int64_t x_bytes, Sums (*sums)[T]) {
    HEARTH_UNROLL for (int t = 0; t < T; t++) {
      const FourBlocks& four = *reinterpret_cast<const FourBlocks*>(x + t * x_bytes);
      const FourBlockBytes bytes(four);
      const __m512i zero_points = _mm512_load_si512(four.zero_points);
      const __m512 steps = _mm512_load_ps(four.scales);
      HEARTH_UNROLL for (int r = 0; r < R; r++) {
        const __m512 products = _mm512_cvtepi32_ps(multiply_nibbles(w[r].nibbles, bytes, zero_points));
        sums[r][t].lanes = _mm512_fmadd_ps(products, _mm512_mul_ps(w[r].scales, steps), sums[r][t].lanes);
      }
    }
  }

  template <int R, int T>
  static void add_row(const uint8_t* w, int64_t stride, int64_t ahead, const uint8_t* x, int64_t x_bytes, int64_t cols,
                      Sums (*sums)[T]) {
    const int64_t fours = cols / kQuantBlock / 4, left = cols / kQuantBlock % 4;
    Four four[R];
    for (int64_t i = 0; i < fours; i++) {
      HEARTH_UNROLL for (int r = 0; r < R; r++) {
        const uint8_t* at = w + r * stride + i * 4 * kBlockBytes;
        if (R > 1 && ahead > 0) {
          prefetch(at + ahead);
          prefetch(at + ahead + 64);
        }
        four[r] = load_four(at);
      }
      add_fours<R, T>(four, x + i * static_cast<int64_t>(sizeof(FourBlocks)), x_bytes, sums);
    }
    if (HEARTH_SET_MUTANT(MATMUL_Q4_0_DECODE, left, 0) == 0) return;
    HEARTH_UNROLL for (int r = 0; r < R; r++) four[r] = load_last(w + r * stride + fours * 4 * kBlockBytes, left);
    add_fours<R, T>(four, x + fours * static_cast<int64_t>(sizeof(FourBlocks)), x_bytes, sums);
  }
};

// Rows of quantised weights are short: what is asked for further ahead is not used soon.
constexpr int64_t kLookahead = 4 << 10;

template <class Q, int R, int T>
void dot_tile(const MatmulArgs& args, const uint8_t* activations, int64_t row, int64_t ahead, int64_t token) {
  const int64_t stride = args.cols / kQuantBlock * Q::kBlockBytes, x_bytes = Q::activation_bytes(args.cols);
  typename Q::Sums sums[R][T];
  Q::template add_row<R, T>(args.w + row * stride, stride, ahead, activations + token * x_bytes, x_bytes, args.cols, sums);
  HEARTH_UNROLL for (int r = 0; r < R; r++) {
    HEARTH_UNROLL for (int t = 0; t < T; t++) args.y[(token + t) * args.y_stride + row + r] = sums[r][t].total();
  }
}

// The last tokens, fewer than a full tile.
template <class Q, int R, int T>
void dot_last_tokens(const MatmulArgs& args, const uint8_t* activations, int64_t row, int64_t ahead, int64_t token) {
  if constexpr (T > 0) {
    if (args.tokens - token == T) return dot_tile<Q, R, T>(args, activations, row, ahead, token);
    dot_last_tokens<Q, R, T - 1>(args, activations, row, ahead, token);
  }
}

template <class Q, int R>
void dot_rows(const MatmulArgs& args, const uint8_t* activations, int64_t row, int64_t ahead) {
  int64_t token = 0;
  for (; token + Q::kTokens <= args.tokens; token += Q::kTokens) {
    dot_tile<Q, R, Q::kTokens>(args, activations, row, ahead, token);
    ahead = 0;  // The next tokens find these rows in the cache.
  }
  dot_last_tokens<Q, R, Q::kTokens - 1>(args, activations, row, ahead, token);
}

template <class Q, int R>
void dot_chunk(const MatmulArgs& args, const uint8_t* activations, int64_t begin, int64_t end) {
  const int64_t stride = args.cols / kQuantBlock * Q::kBlockBytes;
  const Lookahead lookahead(stride, R, end, kLookahead);
  if (R > 1) lookahead.begin(args.w + begin * stride, end - begin);
  int64_t row = begin;
  for (; row + R <= end; row += R) dot_rows<Q, R>(args, activations, row, R > 1 ? lookahead.bytes(row) : stream_lookahead());
  for (; row < end; row++) dot_rows<Q, 1>(args, activations, row, stream_lookahead());
}

template <class Q>
void dot(const MatmulArgs& args, const uint8_t* activations, int64_t begin, int64_t end) {
  if (args.tokens == 1 && stream_lookahead() > 0) return dot_chunk<Q, Q::kStreams>(args, activations, begin, end);
  if (args.tokens == 1) return dot_chunk<Q, Q::kDecodeRows>(args, activations, begin, end);
  dot_chunk<Q, Q::kRows>(args, activations, begin, end);
}

}  // namespace

void dot_q8_0_avx512vnni(const MatmulArgs& args, const uint8_t* activations, int64_t begin, int64_t end) {
  dot<Q8>(args, activations, begin, end);
}

void dot_q4_0_avx512vnni(const MatmulArgs& args, const uint8_t* activations, int64_t begin, int64_t end) {
  dot<Q4>(args, activations, begin, end);
}

}  // namespace hearth
