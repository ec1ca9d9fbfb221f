// Decode with quantised weights: R rows with T tokens at once. Weights are widened to floats block by block, so that the
// activations keep their full precision and a result does not hang on how a value near it was rounded. Q describes the
// weight type on one instruction set, with kBlockBytes, kRows and kTokens of the largest tile, kDecodeRows for one token
// (1 reads memory in order, which the processor foresees; more keep it busier) and
//   Sums, zero(), sum(v) in a fixed order;
//   Floats, load(w): a block's 32 values, not yet scaled;
//   store_scales(w, scales): those of kGroup blocks; one_scale(w): of one;
//   accumulate(sums, weights, x, scale): adds the products of one block with 32 activations, times its scale.
// An element's operations and their order depend on the number of blocks alone: the same bits in every tile.
#pragma once
#include "compiler-hints.h"
#include "lookahead.h"
#include "matmul-kernels.h"

namespace hearth {
namespace {

constexpr int kGroup = 8;  // Blocks whose scales are widened together.

template <class Q>
inline void prefetch_group(const uint8_t* w) {
  HEARTH_UNROLL for (int64_t at = 0; at < kGroup * Q::kBlockBytes; at += 64) prefetch(w + at);
}

template <class Q, int R, int T>
inline void dot_block(const uint8_t* block, float scale, const float* x, int64_t x_stride, typename Q::Sums* sums) {
  const typename Q::Floats weights = Q::load(block);
  HEARTH_UNROLL for (int t = 0; t < T; t++) Q::accumulate(sums[t], weights, x + t * x_stride, scale);
}

// kGroup blocks from block b on.
template <class Q, int R, int T>
inline void dot_group(const uint8_t* w, int64_t stride, int64_t ahead, const float* x, int64_t x_stride, int64_t b,
                      typename Q::Sums (*sums)[T]) {
  alignas(64) float scales[R][kGroup];
  HEARTH_UNROLL for (int r = 0; r < R; r++) {
    const uint8_t* group = w + r * stride + b * Q::kBlockBytes;
    if (ahead > 0) prefetch_group<Q>(group + ahead);
    Q::store_scales(group, scales[r]);
  }
  for (int i = 0; i < kGroup; i++) {
    HEARTH_UNROLL for (int r = 0; r < R; r++) {
      const uint8_t* block = w + r * stride + (b + i) * Q::kBlockBytes;
      dot_block<Q, R, T>(block, scales[r][i], x + (b + i) * kQuantBlock, x_stride, sums[r]);
    }
  }
}

template <class Q, int R, int T>
void dot_tile_quantised(const MatmulArgs& args, int64_t row, int64_t ahead, int64_t token) {
  const int64_t blocks = args.cols / kQuantBlock, stride = blocks * Q::kBlockBytes;
  const uint8_t* w = args.w + row * stride;
  const float* x = args.x + token * args.x_stride;
  typename Q::Sums sums[R][T];
  HEARTH_UNROLL for (int r = 0; r < R; r++) {
    HEARTH_UNROLL for (int t = 0; t < T; t++) sums[r][t] = Q::zero();
  }
  int64_t b = 0;
  for (; b + kGroup <= blocks; b += kGroup) dot_group<Q, R, T>(w, stride, ahead, x, args.x_stride, b, sums);
  for (; b < Q::blocks_summed(blocks); b++) {
    HEARTH_UNROLL for (int r = 0; r < R; r++) {
      const uint8_t* block = w + r * stride + b * Q::kBlockBytes;
      dot_block<Q, R, T>(block, Q::one_scale(block), x + b * kQuantBlock, args.x_stride, sums[r]);
    }
  }
  HEARTH_UNROLL for (int r = 0; r < R; r++) {
    HEARTH_UNROLL for (int t = 0; t < T; t++) args.y[(token + t) * args.y_stride + row + r] = Q::sum(sums[r][t]);
  }
}

// The last tokens, fewer than a full tile.
template <class Q, int R, int T>
void dot_last_tokens_quantised(const MatmulArgs& args, int64_t row, int64_t ahead, int64_t token) {
  if constexpr (T > 0) {
    if (args.tokens - token == T) return dot_tile_quantised<Q, R, T>(args, row, ahead, token);
    dot_last_tokens_quantised<Q, R, T - 1>(args, row, ahead, token);
  }
}

template <class Q, int R>
void dot_rows_quantised(const MatmulArgs& args, int64_t row, int64_t ahead) {
  int64_t token = 0;
  for (; token + Q::kTokens <= args.tokens; token += Q::kTokens) {
    dot_tile_quantised<Q, R, Q::kTokens>(args, row, ahead, token);
  }
  dot_last_tokens_quantised<Q, R, Q::kTokens - 1>(args, row, ahead, token);
}

template <class Q, int R>
void dot_chunk_quantised(const MatmulArgs& args, int64_t begin, int64_t end) {
  const Lookahead lookahead(args.cols / kQuantBlock * Q::kBlockBytes, R, end);
  if (R > 1) lookahead.begin(args.w + begin * (args.cols / kQuantBlock * Q::kBlockBytes), end - begin);
  int64_t row = begin;
  for (; row + R <= end; row += R) dot_rows_quantised<Q, R>(args, row, R > 1 ? lookahead.bytes(row) : 0);
  for (; row < end; row++) dot_rows_quantised<Q, 1>(args, row, 0);
}

template <class Q>
void dot_quantised(const MatmulArgs& args, int64_t begin, int64_t end) {
  if (args.tokens == 1) return dot_chunk_quantised<Q, Q::kDecodeRows>(args, begin, end);
  dot_chunk_quantised<Q, Q::kRows>(args, begin, end);
}

}  // namespace
}  // namespace hearth
