// Decode with float weights: dot products of R rows with T tokens at once, for any instruction set. V describes the set:
//   Vec, kWidth, zero(), fma(a, b, c) = a * b + c, sum_both(first, second) of the kSums sums in a fixed order,
//   load<type>(p), load_tail<type>(p, n): n < kWidth values, the rest zero; kRows and kTokens of the largest tile.
// HEARTH_SET names it (mutants.h).
#pragma once
#include "compiler-hints.h"
#include "cpu-features.h"
#include "lookahead.h"
#include "matmul-kernels.h"
#include "mutants.h"

namespace hearth {
namespace {

template <WeightType type>
constexpr int64_t kValueBytes = type == WeightType::F32 ? 4 : 2;

// Sums of an element: sum i takes the columns i, i + 16, i + 32, …, and then they are added in a fixed order. So an
// element has the same bits in every tile, for one token and for several, with AVX2 and with AVX-512.
constexpr int64_t kSums = 16;

template <class V>
typename V::Vec load_x(const float* x) {
  return V::template load<WeightType::F32>(reinterpret_cast<const uint8_t*>(x));
}

template <class V>
typename V::Vec load_x_tail(const float* x, int64_t n) {
  return V::template load_tail<WeightType::F32>(reinterpret_cast<const uint8_t*>(x), n);
}

// Columns left for the part of a vector at a row's end.
template <WeightType type>
int64_t columns_left(int64_t left) {
  switch (type) {
    case WeightType::F32: return HEARTH_SET_MUTANT(MATMUL_F32_DECODE, left, 0);
    case WeightType::BF16: return HEARTH_SET_MUTANT(MATMUL_BF16_DECODE, left, 0);
    default: return HEARTH_SET_MUTANT(MATMUL_F16_DECODE, left, 0);
  }
}

// Adds the products of one vector of columns, of which `left` exist. Several rows at once are asked for `ahead` bytes
// before their use.
template <class V, WeightType type, int R, int T, bool kWhole>
inline void add_products_float(const uint8_t* w, int64_t stride, int64_t ahead, const float* x, int64_t x_stride,
                               int64_t left, typename V::Vec (*sums)[T]) {
  typename V::Vec xs[T];
  HEARTH_UNROLL for (int t = 0; t < T; t++) {
    if constexpr (kWhole) xs[t] = load_x<V>(x + t * x_stride);
    else xs[t] = load_x_tail<V>(x + t * x_stride, left);
  }
  HEARTH_UNROLL for (int r = 0; r < R; r++) {
    typename V::Vec ws;
    if constexpr (R > 1) prefetch(w + r * stride + ahead);
    if constexpr (kWhole) ws = V::template load<type>(w + r * stride);
    else ws = V::template load_tail<type>(w + r * stride, left);
    HEARTH_UNROLL for (int t = 0; t < T; t++) sums[r][t] = V::fma(ws, xs[t], sums[r][t]);
  }
}

// The part of a vector at the rows' end.
template <class V, WeightType type, int R, int T>
inline void add_tail_float(const uint8_t* w, int64_t stride, const float* x, int64_t x_stride, int64_t columns,
                           typename V::Vec (*sums)[T]) {
  const int64_t left = columns_left<type>(columns);
  if (left > 0) add_products_float<V, type, R, T, false>(w, stride, 0, x, x_stride, left, sums);
}

template <class V, WeightType type, int R, int T>
void dot_tile_float(const MatmulArgs& args, int64_t row, int64_t ahead, int64_t token) {
  constexpr int64_t bytes = kValueBytes<type>, step = V::kWidth;
  const int64_t stride = args.cols * bytes, cols = args.cols, x_stride = args.x_stride;
  const uint8_t* w = args.w + row * stride;
  const float* x = args.x + token * x_stride;
  typename V::Vec first[R][T], second[R][T];  // `second` stays unused where one vector holds sixteen sums.
  HEARTH_UNROLL for (int r = 0; r < R; r++) {
    HEARTH_UNROLL for (int t = 0; t < T; t++) first[r][t] = second[r][t] = V::zero();
  }
  int64_t c = 0;
  for (; c + kSums <= cols; c += kSums) {
    if (R == 1 && ahead > 0) prefetch_soon(w + c * bytes + ahead);
    add_products_float<V, type, R, T, true>(w + c * bytes, stride, ahead, x + c, x_stride, step, first);
    if constexpr (step < kSums) {
      const int64_t next = c + step;
      add_products_float<V, type, R, T, true>(w + next * bytes, stride, ahead, x + next, x_stride, step, second);
    }
  }
  if (step < kSums && c + step <= cols) {
    add_products_float<V, type, R, T, true>(w + c * bytes, stride, 0, x + c, x_stride, step, first);
    c += step;
    add_tail_float<V, type, R, T>(w + c * bytes, stride, x + c, x_stride, cols - c, second);
  } else {
    add_tail_float<V, type, R, T>(w + c * bytes, stride, x + c, x_stride, cols - c, first);
  }
  HEARTH_UNROLL for (int r = 0; r < R; r++) {
    HEARTH_UNROLL for (int t = 0; t < T; t++) {
      args.y[(token + t) * args.y_stride + row + r] = V::sum_both(first[r][t], second[r][t]);
    }
  }
}

// The last tokens, fewer than a full tile.
template <class V, WeightType type, int R, int T>
void dot_last_tokens(const MatmulArgs& args, int64_t row, int64_t ahead, int64_t token) {
  if constexpr (T > 0) {
    if (args.tokens - token == T) return dot_tile_float<V, type, R, T>(args, row, ahead, token);
    dot_last_tokens<V, type, R, T - 1>(args, row, ahead, token);
  }
}

template <class V, WeightType type, int R>
void dot_rows_float(const MatmulArgs& args, int64_t row, int64_t ahead) {
  int64_t token = 0;
  for (; token + V::kTokens <= args.tokens; token += V::kTokens) {
    dot_tile_float<V, type, R, V::kTokens>(args, row, ahead, token);
    ahead = 0;  // The next tokens find these rows in the cache.
  }
  dot_last_tokens<V, type, R, V::kTokens - 1>(args, row, ahead, token);
}

// One token is bound by memory. Where the processor follows a stream by itself, rows one after the other are one stream;
// where it stops at each page (stream_lookahead), several rows are several streams.
template <class V, WeightType type>
void dot_one_token(const MatmulArgs& args, int64_t begin, int64_t end) {
  constexpr int kStreams = 4;
  const int64_t ahead = stream_lookahead();
  int64_t row = begin;
  if (ahead > 0) {
    const Lookahead lookahead(args.cols * kValueBytes<type>, kStreams, end);
    for (; row + kStreams <= end; row += kStreams) {
      dot_tile_float<V, type, kStreams, 1>(args, row, lookahead.bytes(row), 0);
    }
  }
  for (; row < end; row++) dot_tile_float<V, type, 1, 1>(args, row, ahead, 0);
}

template <class V, WeightType type>
void dot_float(const MatmulArgs& args, int64_t begin, int64_t end) {
  if (args.tokens == 1) return dot_one_token<V, type>(args, begin, end);
  int64_t row = begin;
  const Lookahead lookahead(args.cols * kValueBytes<type>, V::kRows, end);
  for (; row + V::kRows <= end; row += V::kRows) dot_rows_float<V, type, V::kRows>(args, row, lookahead.bytes(row));
  for (; row < end; row++) dot_rows_float<V, type, 1>(args, row, 0);
}

}  // namespace
}  // namespace hearth
