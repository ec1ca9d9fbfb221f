// Decode with quantised weights: R rows with T tokens at once. Weights are widened to floats block by block, so that the
// activations keep their full precision and a result does not hang on how a value near it was rounded. Q describes the
// weight type on one instruction set, with kBlockBytes, kRows and kTokens of the largest tile, kDecodeRows for one token
// (1 reads memory in order, as one stream; more keep it busier) and
//   Sums, zero(), sum(v) in a fixed order;
//   Floats, load(w): a block's 32 values, not yet scaled, each kOffset too large;
//   store_scales(w, scales): those of kGroup blocks; one_scale(w): of one;
//   accumulate(sums, weights, x, scale): adds the products of one block with 32 activations, times its scale;
//   Eight, eight_zeros(), add_products(a, x, y): a += x * y over kGroup floats; sum_eight(a).
// What the offset made too large is taken off at the end: kOffset times the block's sum of activations times its scale.
// An element's operations and their order depend on the number of blocks alone: the same bits in every tile.
#pragma once
#include <cmath>

#include "compiler-hints.h"
#include "cpu-features.h"
#include "lookahead.h"
#include "matmul-kernels.h"

namespace hearth {
namespace {

constexpr int kGroup = 8;  // Blocks whose scales are widened together.

// One tile: its operands, and its sums so far.
template <class Q, int R, int T>
struct QuantisedTile {
  const uint8_t* w;
  int64_t stride, ahead;
  const float* x;
  int64_t x_stride;
  const float* block_sums;
  int64_t blocks;
  typename Q::Sums sums[R][T];
  typename Q::Eight excess[R][T];
  float last_excess[R][T];

  const uint8_t* block(int r, int64_t b) const { return w + r * stride + b * Q::kBlockBytes; }

  void add_block(int r, int64_t b, float scale) {
    const typename Q::Floats weights = Q::load(block(r, b));
    HEARTH_UNROLL for (int t = 0; t < T; t++) {
      Q::accumulate(sums[r][t], weights, x + t * x_stride + b * kQuantBlock, scale);
    }
  }

  // kGroup blocks from block b on.
  void add_group(int64_t b) {
    alignas(64) float scales[R][kGroup];
    HEARTH_UNROLL for (int r = 0; r < R; r++) {
      if (ahead > 0) {
        HEARTH_UNROLL for (int64_t at = 0; at < kGroup * Q::kBlockBytes; at += 64) prefetch(block(r, b) + ahead + at);
      }
      Q::store_scales(block(r, b), scales[r]);
      if constexpr (Q::kOffset != 0) {
        HEARTH_UNROLL for (int t = 0; t < T; t++) {
          Q::add_products(excess[r][t], scales[r], block_sums + t * blocks + b);
        }
      }
    }
    for (int i = 0; i < kGroup; i++) {
      HEARTH_UNROLL for (int r = 0; r < R; r++) add_block(r, b + i, scales[r][i]);
    }
  }

  // One block at the end of the rows.
  void add_last(int64_t b) {
    HEARTH_UNROLL for (int r = 0; r < R; r++) {
      const float scale = Q::one_scale(block(r, b));
      add_block(r, b, scale);
      if constexpr (Q::kOffset != 0) {
        HEARTH_UNROLL for (int t = 0; t < T; t++) last_excess[r][t] = std::fma(scale, block_sums[t * blocks + b], last_excess[r][t]);
      }
    }
  }

  float result(int r, int t) const {
    if constexpr (Q::kOffset == 0) return Q::sum(sums[r][t]);
    // Fused by name: the compiler may choose to fuse or not, differently in each tile.
    return std::fma(-Q::kOffset, Q::sum_eight(excess[r][t]) + last_excess[r][t], Q::sum(sums[r][t]));
  }
};

template <class Q, int R, int T>
void dot_tile_quantised(const MatmulArgs& args, const float* block_sums, int64_t row, int64_t ahead, int64_t token) {
  const int64_t blocks = args.cols / kQuantBlock, stride = blocks * Q::kBlockBytes;
  QuantisedTile<Q, R, T> tile;
  tile.w = args.w + row * stride;
  tile.stride = stride;
  tile.ahead = ahead;
  tile.x = args.x + token * args.x_stride;
  tile.x_stride = args.x_stride;
  tile.block_sums = block_sums == nullptr ? nullptr : block_sums + token * blocks;
  tile.blocks = blocks;
  HEARTH_UNROLL for (int r = 0; r < R; r++) {
    HEARTH_UNROLL for (int t = 0; t < T; t++) {
      tile.sums[r][t] = Q::zero();
      tile.excess[r][t] = Q::eight_zeros();
      tile.last_excess[r][t] = 0;
    }
  }
  int64_t b = 0;
  for (; b + kGroup <= blocks; b += kGroup) tile.add_group(b);
  for (; b < Q::blocks_summed(blocks); b++) tile.add_last(b);
  HEARTH_UNROLL for (int r = 0; r < R; r++) {
    HEARTH_UNROLL for (int t = 0; t < T; t++) args.y[(token + t) * args.y_stride + row + r] = tile.result(r, t);
  }
}

// The last tokens, fewer than a full tile.
template <class Q, int R, int T>
void dot_last_tokens_quantised(const MatmulArgs& args, const float* block_sums, int64_t row, int64_t ahead,
                              int64_t token) {
  if constexpr (T > 0) {
    if (args.tokens - token == T) return dot_tile_quantised<Q, R, T>(args, block_sums, row, ahead, token);
    dot_last_tokens_quantised<Q, R, T - 1>(args, block_sums, row, ahead, token);
  }
}

template <class Q, int R>
void dot_rows_quantised(const MatmulArgs& args, const float* block_sums, int64_t row, int64_t ahead) {
  int64_t token = 0;
  for (; token + Q::kTokens <= args.tokens; token += Q::kTokens) {
    dot_tile_quantised<Q, R, Q::kTokens>(args, block_sums, row, ahead, token);
  }
  dot_last_tokens_quantised<Q, R, Q::kTokens - 1>(args, block_sums, row, ahead, token);
}

template <class Q, int R>
void dot_chunk_quantised(const MatmulArgs& args, const float* block_sums, int64_t begin, int64_t end) {
  const Lookahead lookahead(args.cols / kQuantBlock * Q::kBlockBytes, R, end);
  if (R > 1) lookahead.begin(args.w + begin * (args.cols / kQuantBlock * Q::kBlockBytes), end - begin);
  int64_t row = begin;
  for (; row + R <= end; row += R) dot_rows_quantised<Q, R>(args, block_sums, row, R > 1 ? lookahead.bytes(row) : stream_lookahead());
  for (; row < end; row++) dot_rows_quantised<Q, 1>(args, block_sums, row, stream_lookahead());
}

template <class Q>
void dot_quantised(const MatmulArgs& args, const float* block_sums, int64_t begin, int64_t end) {
  if (args.tokens == 1) return dot_chunk_quantised<Q, Q::kDecodeRows>(args, block_sums, begin, end);
  dot_chunk_quantised<Q, Q::kRows>(args, block_sums, begin, end);
}

}  // namespace
}  // namespace hearth
