// Attention for many query rows (prefill): two products of matrices per block of positions, over repacked blocks.
#pragma once
#include <math.h>

#include <cstring>

#include "attention-running-softmax.h"

namespace hearth {
namespace {

// c (kRows, 2 vectors) = a (kRows, depth) * b (depth, 2 vectors), added to c when `onto`.
template <int kRows>
void multiply_tile(const float* a, int64_t a_stride, const float* b, int64_t b_stride, float* c, int64_t c_stride,
                   int64_t depth, bool onto) {
  Vec left[kRows], right[kRows];
  for (int r = 0; r < kRows; r++) {
    left[r] = onto ? load(c + r * c_stride) : all(0);
    right[r] = onto ? load(c + r * c_stride + kLanes) : all(0);
  }
  for (int64_t k = 0; k < depth; k++) {
    const Vec b_left = load(b + k * b_stride), b_right = load(b + k * b_stride + kLanes);
    for (int r = 0; r < kRows; r++) {
      const Vec value = all(a[r * a_stride + k]);
      left[r] = fma(value, b_left, left[r]);
      right[r] = fma(value, b_right, right[r]);
    }
  }
  for (int r = 0; r < kRows; r++) {
    store(c + r * c_stride, left[r]);
    store(c + r * c_stride + kLanes, right[r]);
  }
}

// c (rows, cols) = a (rows, depth) * b (depth, cols), added to c when `onto`; cols is a multiple of 2 * kLanes.
void multiply_matrices(const float* a, int64_t a_stride, const float* b, int64_t b_stride, float* c, int64_t c_stride,
                       int64_t rows, int64_t cols, int64_t depth, bool onto) {
  for (int64_t col = 0; col < cols; col += 2 * kLanes) {
    int64_t r = 0;
    for (; r + kTileRows <= rows; r += kTileRows) {
      multiply_tile<kTileRows>(a + r * a_stride, a_stride, b + col, b_stride, c + r * c_stride + col, c_stride, depth,
                               onto);
    }
    for (; r + 2 <= rows; r += 2) {
      multiply_tile<2>(a + r * a_stride, a_stride, b + col, b_stride, c + r * c_stride + col, c_stride, depth, onto);
    }
    if (r < rows) {
      multiply_tile<1>(a + r * a_stride, a_stride, b + col, b_stride, c + r * c_stride + col, c_stride, depth, onto);
    }
  }
}

// The scratch of a tile of many rows, all in floats.
struct Panels {
  int64_t rows, width;  // width: head_dim rounded up to whole pairs of vectors
  float* q;             // (rows, head_dim), scaled
  float* k;             // (head_dim, kBlock)
  float* v;             // (kBlock, width)
  float* scores;        // (rows, kBlock)
  float* mixed;         // (rows, width)
  RowState* states;     // (rows)
  float* values;        // (width) of one row of the cache

  static int64_t floats(int64_t rows, int64_t head_dim) {
    const int64_t width = rounded_up(head_dim, 2 * kLanes);
    return rows * head_dim + head_dim * kBlock + kBlock * width + rows * kBlock + rows * width + rows * 2 + width;
  }

  Panels(const AttentionTile& tile, float* scratch)
      : rows(tile.tokens * tile.group), width(rounded_up(tile.head_dim, 2 * kLanes)) {
    mixed = scratch;
    scores = mixed + rows * width;
    v = scores + rows * kBlock;
    k = v + kBlock * width;
    q = k + tile.head_dim * kBlock;
    values = q + rows * tile.head_dim;
    states = reinterpret_cast<RowState*>(values + width);
  }
};

// `count` values of the cache as floats, `count` of any size.
template <typename Cache>
void widen_values(const uint8_t* from, float* to, int64_t count) {
  int64_t d = 0;
  for (; d + kLanes <= count; d += kLanes) store(to + d, Cache::at(from + d * Cache::kBytes));
  if (d == count) return;
  uint8_t buffer[kLanes * 4] = {0};
  float lanes[kLanes];
  std::memcpy(buffer, from + d * Cache::kBytes, static_cast<size_t>((count - d) * Cache::kBytes));
  store(lanes, Cache::at(buffer));
  std::memcpy(to + d, lanes, static_cast<size_t>(count - d) * sizeof(float));
}

// Keys of a block on their side, values upright; what lies beyond the block or head_dim is zero.
template <typename Cache>
void pack_block(const AttentionTile& tile, int64_t block, int64_t count, const Panels& panels) {
  const int64_t position_bytes = tile.head_dim * Cache::kBytes;
  for (int64_t i = 0; i < kBlock; i++) {
    if (i < count) {
      widen_values<Cache>(tile.k + (block + i) * position_bytes, panels.values, tile.head_dim);
    } else {
      std::memset(panels.values, 0, static_cast<size_t>(panels.width) * sizeof(float));
    }
    for (int64_t d = 0; d < tile.head_dim; d++) panels.k[d * kBlock + i] = panels.values[d];
  }
  for (int64_t i = 0; i < count; i++) {
    float* row = panels.v + i * panels.width;
    widen_values<Cache>(tile.v + (block + i) * position_bytes, row, tile.head_dim);
    for (int64_t d = tile.head_dim; d < panels.width; d++) row[d] = 0;
  }
}

void prepare_rows(const AttentionTile& tile, const Panels& panels) {
  for (int64_t r = 0; r < panels.rows; r++) {
    const float* q = tile.q + r / tile.group * tile.q_stride + r % tile.group * tile.head_dim;
    for (int64_t d = 0; d < tile.head_dim; d++) panels.q[r * tile.head_dim + d] = q[d] * tile.scale;
    panels.states[r] = RowState{-INFINITY, 0};
  }
  std::memset(panels.mixed, 0, static_cast<size_t>(panels.rows * panels.width) * sizeof(float));
}

// Adds one packed block to the rows [first, last) that see some of it.
void attend_block(const AttentionTile& tile, int64_t block, int64_t count, const Panels& panels, int64_t blind) {
  const int64_t first = larger_of(0, block - tile.first_position) * tile.group;
  const int64_t rows = panels.rows - first;
  if (rows <= 0) return;
  float* scores = panels.scores + first * kBlock;
  multiply_matrices(panels.q + first * tile.head_dim, tile.head_dim, panels.k, kBlock, scores, kBlock, rows, kBlock,
                    tile.head_dim, false);
  for (int64_t r = first; r < panels.rows; r++) {
    Sight sight = sight_of(tile.first_position + r / tile.group, tile.window);
    if (sight.end > 1) sight.end -= blind;
    const int64_t begin = larger_of(0, sight.begin - block), end = smaller_of(count, sight.end - block);
    float* row = panels.scores + r * kBlock;
    if (begin >= end) {
      std::memset(row, 0, kBlock * sizeof(float));
      continue;
    }
    const float before = weigh(row, begin, end, panels.states[r]);
    if (before != 1) scale_row(panels.mixed + r * panels.width, before, panels.width);
  }
  multiply_matrices(scores, kBlock, panels.v, panels.width, panels.mixed + first * panels.width, panels.width, rows,
                    panels.width, count, true);
}

template <typename Cache>
void attend_many(const AttentionTile& tile, float* scratch, int64_t blind) {
  const Panels panels(tile, scratch);
  prepare_rows(tile, panels);
  const int64_t last = tile.first_position + tile.tokens;
  for (int64_t block = sight_of(tile.first_position, tile.window).begin; block < last; block += kBlock) {
    const int64_t count = smaller_of(kBlock, last - block);
    pack_block<Cache>(tile, block, count, panels);
    attend_block(tile, block, count, panels, blind);
  }
  for (int64_t r = 0; r < panels.rows; r++) {
    float* out = tile.out + r / tile.group * tile.out_stride + r % tile.group * tile.head_dim;
    const float* mixed = panels.mixed + r * panels.width;
    const float scale = 1 / panels.states[r].sum;
    for (int64_t d = 0; d < tile.head_dim; d++) out[d] = mixed[d] * scale;
  }
}

}  // namespace
}  // namespace hearth
