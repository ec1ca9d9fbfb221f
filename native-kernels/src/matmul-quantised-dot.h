// Decode with quantised weights: R rows with T tokens at once, blocks of 32 multiplied as integers. Q describes the
// weight type on one instruction set, with kBlockBytes, kRows, kTokens and
//   Sums, zero(), sum(v) in a fixed order,
//   Scales: a group of kGroup floats; block_scales(w) of kGroup blocks; one_scale(w) of one block, as a float;
//   load_group(p), multiply(scales, scales), store_group(p, scales),
//   accumulate(sums, w, x, correction, p): adds kStep blocks' dot products times the kStep scales at p;
//   accumulate_one(...): the same for one block.
// An element's operations and their order depend on the number of blocks alone: the same bits in every tile.
#pragma once
#include "matmul-kernels.h"

namespace hearth {
namespace {

// The activations of one token.
struct QuantisedToken {
  const int8_t* values;
  const float* scales;
  const uint8_t* corrections;
};

inline QuantisedToken quantised_token(const QuantisedActivations& all, int64_t token, int64_t cols) {
  return {all.values + token * cols, all.scales + token * (cols / kQuantBlock), all.corrections + token * cols};
}

// kGroup blocks from block b on, whose scales are widened together.
template <class Q, int R, int T>
inline void dot_group(const uint8_t* w, int64_t stride, const QuantisedToken* xs, int64_t b, typename Q::Sums (*sums)[T]) {
  alignas(64) float scales[R][T][Q::kGroup];
  for (int r = 0; r < R; r++) {
    const typename Q::Scales of_row = Q::block_scales(w + r * stride + b * Q::kBlockBytes);
    for (int t = 0; t < T; t++) {
      Q::store_group(scales[r][t], Q::multiply(of_row, Q::load_group(xs[t].scales + b)));
    }
  }
  for (int i = 0; i < Q::kGroup; i += Q::kStep) {
    for (int r = 0; r < R; r++) {
      const auto weights = Q::load(w + r * stride + (b + i) * Q::kBlockBytes);
      for (int t = 0; t < T; t++) {
        const int64_t at = (b + i) * kQuantBlock;
        Q::accumulate(sums[r][t], weights, xs[t].values + at, xs[t].corrections + at, scales[r][t] + i);
      }
    }
  }
}

// One block at the end of the rows.
template <class Q, int R, int T>
inline void dot_last_block(const uint8_t* w, int64_t stride, const QuantisedToken* xs, int64_t b,
                           typename Q::Sums (*sums)[T]) {
  const int64_t at = b * kQuantBlock;
  for (int r = 0; r < R; r++) {
    const uint8_t* block = w + r * stride + b * Q::kBlockBytes;
    const auto weights = Q::load_one(block);
    const float scale = Q::one_scale(block);
    for (int t = 0; t < T; t++) {
      Q::accumulate_one(sums[r][t], weights, xs[t].values + at, xs[t].corrections + at, scale * xs[t].scales[b]);
    }
  }
}

template <class Q, int R, int T>
void dot_tile_quantised(const MatmulArgs& args, const QuantisedActivations& quantised, int64_t row, int64_t token) {
  const int64_t blocks = args.cols / kQuantBlock, stride = blocks * Q::kBlockBytes;
  const uint8_t* w = args.w + row * stride;
  QuantisedToken xs[T];
  typename Q::Sums sums[R][T];
  for (int t = 0; t < T; t++) xs[t] = quantised_token(quantised, token + t, args.cols);
  for (int r = 0; r < R; r++) {
    for (int t = 0; t < T; t++) sums[r][t] = Q::zero();
  }
  int64_t b = 0;
  for (; b + Q::kGroup <= blocks; b += Q::kGroup) dot_group<Q, R, T>(w, stride, xs, b, sums);
  for (; b < Q::blocks_summed(blocks); b++) dot_last_block<Q, R, T>(w, stride, xs, b, sums);
  for (int r = 0; r < R; r++) {
    for (int t = 0; t < T; t++) args.y[(token + t) * args.y_stride + row + r] = Q::sum(sums[r][t]);
  }
}

// The last tokens, fewer than a full tile.
template <class Q, int R, int T>
void dot_last_tokens_quantised(const MatmulArgs& args, const QuantisedActivations& quantised, int64_t row, int64_t token) {
  if constexpr (T > 0) {
    if (args.tokens - token == T) return dot_tile_quantised<Q, R, T>(args, quantised, row, token);
    dot_last_tokens_quantised<Q, R, T - 1>(args, quantised, row, token);
  }
}

template <class Q, int R>
void dot_rows_quantised(const MatmulArgs& args, const QuantisedActivations& quantised, int64_t row) {
  int64_t token = 0;
  for (; token + Q::kTokens <= args.tokens; token += Q::kTokens) {
    dot_tile_quantised<Q, R, Q::kTokens>(args, quantised, row, token);
  }
  dot_last_tokens_quantised<Q, R, Q::kTokens - 1>(args, quantised, row, token);
}

template <class Q>
void dot_quantised(const MatmulArgs& args, const QuantisedActivations& quantised, int64_t begin, int64_t end) {
  int64_t row = begin;
  for (; row + Q::kRows <= end; row += Q::kRows) dot_rows_quantised<Q, Q::kRows>(args, quantised, row);
  for (; row < end; row++) dot_rows_quantised<Q, 1>(args, quantised, row);
}

}  // namespace
}  // namespace hearth
