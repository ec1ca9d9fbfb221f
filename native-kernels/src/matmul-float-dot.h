// Decode with float weights: dot products of R rows with T tokens at once, for any instruction set. V describes the set:
//   Vec, kWidth, zero(), fma(a, b, c) = a * b + c, sum(v) in a fixed order,
//   load<type>(p), load_tail<type>(p, n): n < kWidth values, the rest zero; kRows and kTokens of the largest tile.
// HEARTH_SET names it (mutants.h). Each element is summed in one vector of partial sums, whatever R and T are: the same bits in every tile.
#pragma once
#include "compiler-hints.h"
#include "matmul-kernels.h"
#include "mutants.h"

namespace hearth {
namespace {

template <WeightType type>
constexpr int64_t kValueBytes = type == WeightType::F32 ? 4 : 2;

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

template <class V, WeightType type, int R, int T>
void dot_tile_float(const MatmulArgs& args, int64_t row, int64_t token) {
  constexpr int64_t bytes = kValueBytes<type>;
  const int64_t stride = args.cols * bytes, cols = args.cols;
  const uint8_t* w = args.w + row * stride;
  const float* x = args.x + token * args.x_stride;
  typename V::Vec sums[R][T], xs[T];
  HEARTH_UNROLL for (int r = 0; r < R; r++) {
    HEARTH_UNROLL for (int t = 0; t < T; t++) sums[r][t] = V::zero();
  }
  int64_t c = 0;
  for (; c + V::kWidth <= cols; c += V::kWidth) {
    HEARTH_UNROLL for (int t = 0; t < T; t++) xs[t] = load_x<V>(x + t * args.x_stride + c);
    HEARTH_UNROLL for (int r = 0; r < R; r++) {
      // The same columns R rows on: too many rows are read side by side for the processor to see it coming.
      prefetch(w + (R + r) * stride + c * bytes);
      const typename V::Vec ws = V::template load<type>(w + r * stride + c * bytes);
      HEARTH_UNROLL for (int t = 0; t < T; t++) sums[r][t] = V::fma(ws, xs[t], sums[r][t]);
    }
  }
  if (const int64_t left = columns_left<type>(cols - c); left > 0) {
    HEARTH_UNROLL for (int t = 0; t < T; t++) xs[t] = load_x_tail<V>(x + t * args.x_stride + c, left);
    HEARTH_UNROLL for (int r = 0; r < R; r++) {
      const typename V::Vec ws = V::template load_tail<type>(w + r * stride + c * bytes, left);
      HEARTH_UNROLL for (int t = 0; t < T; t++) sums[r][t] = V::fma(ws, xs[t], sums[r][t]);
    }
  }
  HEARTH_UNROLL for (int r = 0; r < R; r++) {
    HEARTH_UNROLL for (int t = 0; t < T; t++) args.y[(token + t) * args.y_stride + row + r] = V::sum(sums[r][t]);
  }
}

// The last tokens, fewer than a full tile.
template <class V, WeightType type, int R, int T>
void dot_last_tokens(const MatmulArgs& args, int64_t row, int64_t token) {
  if constexpr (T > 0) {
    if (args.tokens - token == T) return dot_tile_float<V, type, R, T>(args, row, token);
    dot_last_tokens<V, type, R, T - 1>(args, row, token);
  }
}

template <class V, WeightType type, int R>
void dot_rows_float(const MatmulArgs& args, int64_t row) {
  int64_t token = 0;
  for (; token + V::kTokens <= args.tokens; token += V::kTokens) {
    dot_tile_float<V, type, R, V::kTokens>(args, row, token);
  }
  dot_last_tokens<V, type, R, V::kTokens - 1>(args, row, token);
}

template <class V, WeightType type>
void dot_float(const MatmulArgs& args, const QuantisedActivations&, int64_t begin, int64_t end) {
  int64_t row = begin;
  for (; row + V::kRows <= end; row += V::kRows) dot_rows_float<V, type, V::kRows>(args, row);
  for (; row < end; row++) dot_rows_float<V, type, 1>(args, row);
}

}  // namespace
}  // namespace hearth
