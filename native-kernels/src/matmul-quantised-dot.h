// Decode with quantised weights: R rows with T tokens at once, blocks of 32 multiplied as integers. Q describes the
// weight type on one instruction set, with kBlockBytes, kRows and kTokens of the largest tile, kDecodeRows for one token
// (1 reads memory in order, which the processor foresees; more keep it busier) and
//   Sums, zero(), sum(v) in a fixed order;
//   Scales: of a group of kGroup blocks; group_scales(w, xs): the weights' times the activations' scales;
//   load(w): kStep blocks of weights, load_one(w): one; one_scale(w): its scale;
//   accumulate(sums, weights, x, correction, scales, i): adds the dot products of the kStep blocks from the i-th of the
//   group on, each times its scale; accumulate_one(..., scale): the same for one block.
// An element's operations and their order depend on the number of blocks alone: the same bits in every tile.
#pragma once
#include "compiler-hints.h"
#include "lookahead.h"
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

template <class Q>
inline void prefetch_group(const uint8_t* w) {
  HEARTH_UNROLL for (int64_t at = 0; at < Q::kGroup * Q::kBlockBytes; at += 64) prefetch(w + at);
}

// kGroup blocks from block b on, whose scales are widened together.
template <class Q, int R, int T>
inline void dot_group(const uint8_t* w, int64_t stride, int64_t ahead, const QuantisedToken* xs, int64_t b,
                      typename Q::Sums (*sums)[T]) {
  typename Q::Scales scales[R][T];
  HEARTH_UNROLL for (int r = 0; r < R; r++) {
    const uint8_t* group = w + r * stride + b * Q::kBlockBytes;
    if (ahead > 0) prefetch_group<Q>(group + ahead);
    HEARTH_UNROLL for (int t = 0; t < T; t++) scales[r][t] = Q::group_scales(group, xs[t].scales + b);
  }
  HEARTH_UNROLL for (int i = 0; i < Q::kGroup; i += Q::kStep) {
    HEARTH_UNROLL for (int r = 0; r < R; r++) {
      const auto weights = Q::load(w + r * stride + (b + i) * Q::kBlockBytes);
      HEARTH_UNROLL for (int t = 0; t < T; t++) {
        const int64_t at = (b + i) * kQuantBlock;
        Q::accumulate(sums[r][t], weights, xs[t].values + at, xs[t].corrections + at, scales[r][t], i);
      }
    }
  }
}

// One block at the end of the rows.
template <class Q, int R, int T>
inline void dot_last_block(const uint8_t* w, int64_t stride, const QuantisedToken* xs, int64_t b,
                           typename Q::Sums (*sums)[T]) {
  const int64_t at = b * kQuantBlock;
  HEARTH_UNROLL for (int r = 0; r < R; r++) {
    const uint8_t* block = w + r * stride + b * Q::kBlockBytes;
    const auto weights = Q::load_one(block);
    const float scale = Q::one_scale(block);
    HEARTH_UNROLL for (int t = 0; t < T; t++) {
      Q::accumulate_one(sums[r][t], weights, xs[t].values + at, xs[t].corrections + at, scale * xs[t].scales[b]);
    }
  }
}

template <class Q, int R, int T>
void dot_tile_quantised(const MatmulArgs& args, const QuantisedActivations& quantised, int64_t row, int64_t ahead,
                        int64_t token) {
  const int64_t blocks = args.cols / kQuantBlock, stride = blocks * Q::kBlockBytes;
  const uint8_t* w = args.w + row * stride;
  QuantisedToken xs[T];
  typename Q::Sums sums[R][T];
  HEARTH_UNROLL for (int t = 0; t < T; t++) xs[t] = quantised_token(quantised, token + t, args.cols);
  HEARTH_UNROLL for (int r = 0; r < R; r++) {
    HEARTH_UNROLL for (int t = 0; t < T; t++) sums[r][t] = Q::zero();
  }
  int64_t b = 0;
  for (; b + Q::kGroup <= blocks; b += Q::kGroup) dot_group<Q, R, T>(w, stride, ahead, xs, b, sums);
  for (; b < Q::blocks_summed(blocks); b++) dot_last_block<Q, R, T>(w, stride, xs, b, sums);
  HEARTH_UNROLL for (int r = 0; r < R; r++) {
    HEARTH_UNROLL for (int t = 0; t < T; t++) args.y[(token + t) * args.y_stride + row + r] = Q::sum(sums[r][t]);
  }
}

// The last tokens, fewer than a full tile.
template <class Q, int R, int T>
void dot_last_tokens_quantised(const MatmulArgs& args, const QuantisedActivations& quantised, int64_t row,
                              int64_t ahead, int64_t token) {
  if constexpr (T > 0) {
    if (args.tokens - token == T) return dot_tile_quantised<Q, R, T>(args, quantised, row, ahead, token);
    dot_last_tokens_quantised<Q, R, T - 1>(args, quantised, row, ahead, token);
  }
}

template <class Q, int R>
void dot_rows_quantised(const MatmulArgs& args, const QuantisedActivations& quantised, int64_t row, int64_t ahead) {
  int64_t token = 0;
  for (; token + Q::kTokens <= args.tokens; token += Q::kTokens) {
    dot_tile_quantised<Q, R, Q::kTokens>(args, quantised, row, ahead, token);
  }
  dot_last_tokens_quantised<Q, R, Q::kTokens - 1>(args, quantised, row, ahead, token);
}

template <class Q, int R>
void dot_chunk_quantised(const MatmulArgs& args, const QuantisedActivations& quantised, int64_t begin, int64_t end) {
  const Lookahead lookahead(args.cols / kQuantBlock * Q::kBlockBytes, R, end);
  if (R > 1) lookahead.begin(args.w + begin * (args.cols / kQuantBlock * Q::kBlockBytes), end - begin);
  int64_t row = begin;
  for (; row + R <= end; row += R) {
    dot_rows_quantised<Q, R>(args, quantised, row, R > 1 ? lookahead.bytes(row) : 0);
  }
  for (; row < end; row++) dot_rows_quantised<Q, 1>(args, quantised, row, 0);
}

template <class Q>
void dot_quantised(const MatmulArgs& args, const QuantisedActivations& quantised, int64_t begin, int64_t end) {
  if (args.tokens == 1) return dot_chunk_quantised<Q, Q::kDecodeRows>(args, quantised, begin, end);
  dot_chunk_quantised<Q, Q::kRows>(args, quantised, begin, end);
}

}  // namespace
}  // namespace hearth
