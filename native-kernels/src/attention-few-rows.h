// Attention for few query rows (decode): dot products with the cache in place. head_dim is a multiple of kLanes.
#pragma once
#include <math.h>

#include <cstring>

#include "attention-running-softmax.h"

namespace hearth {
namespace {

// scores[i] = q . k[position + i] for `count` positions (at most kLanes; the others repeat the last).
template <typename Cache>
Vec scores_of(const float* q, const uint8_t* k, int64_t count, int64_t head_dim) {
  Vec dots[kLanes];
  const uint8_t* rows[kLanes];
  for (int64_t i = 0; i < kLanes; i++) {
    rows[i] = k + smaller_of(i, count - 1) * head_dim * Cache::kBytes;
    dots[i] = all(0);
  }
  for (int64_t d = 0; d < head_dim; d += kLanes) {
    const Vec part = load(q + d);
    for (int64_t i = 0; i < kLanes; i++) dots[i] = fma(part, Cache::at(rows[i] + d * Cache::kBytes), dots[i]);
  }
  return sums_of(dots);
}

// out = out * before + sum of weights[i] * v[i], for kVectors vectors of the row.
template <typename Cache, int kVectors>
void gather_part(const uint8_t* v, const float* weights, int64_t count, int64_t head_dim, float before, float* out) {
  Vec sums[kVectors];
  for (int j = 0; j < kVectors; j++) sums[j] = multiply(load(out + j * kLanes), all(before));
  for (int64_t i = 0; i < count; i++) {
    const Vec weight = all(weights[i]);
    const uint8_t* row = v + i * head_dim * Cache::kBytes;
    for (int j = 0; j < kVectors; j++) sums[j] = fma(weight, Cache::at(row + j * kLanes * Cache::kBytes), sums[j]);
  }
  for (int j = 0; j < kVectors; j++) store(out + j * kLanes, sums[j]);
}

template <typename Cache>
void gather(const uint8_t* v, const float* weights, int64_t count, int64_t head_dim, float before, float* out) {
  int64_t d = 0;
  for (; d + 8 * kLanes <= head_dim; d += 8 * kLanes) {
    gather_part<Cache, 8>(v + d * Cache::kBytes, weights, count, head_dim, before, out + d);
  }
  for (; d + 4 * kLanes <= head_dim; d += 4 * kLanes) {
    gather_part<Cache, 4>(v + d * Cache::kBytes, weights, count, head_dim, before, out + d);
  }
  for (; d < head_dim; d += kLanes) {
    gather_part<Cache, 1>(v + d * Cache::kBytes, weights, count, head_dim, before, out + d);
  }
}

// One row over one block of positions that starts at `block`; `sight` is what the row sees.
template <typename Cache>
void attend_row_block(const AttentionTile& tile, const float* q, float* out, int64_t block, Sight sight,
                      RowState& row) {
  const int64_t begin = larger_of(block, sight.begin), end = smaller_of(block + kBlock, sight.end);
  if (begin >= end) return;
  const int64_t position_bytes = tile.head_dim * Cache::kBytes, count = end - begin;
  float scores[kBlock];
  for (int64_t i = 0; i < count; i += kLanes) {
    const Vec dots =
        scores_of<Cache>(q, tile.k + (begin + i) * position_bytes, smaller_of(kLanes, count - i), tile.head_dim);
    store(scores + i, multiply(dots, all(tile.scale)));
  }
  const float before = weigh(scores, 0, count, row);
  gather<Cache>(tile.v + begin * position_bytes, scores, count, tile.head_dim, before, out);
}

// The rows of a group take turns on each block, so that the cache comes from memory once.
template <typename Cache>
void attend_few(const AttentionTile& tile, int64_t blind) {
  RowState states[kFewRows];
  const int64_t rows = tile.tokens * tile.group;
  for (int64_t r = 0; r < rows; r++) {
    states[r] = RowState{-INFINITY, 0};
    float* out = tile.out + r / tile.group * tile.out_stride + r % tile.group * tile.head_dim;
    std::memset(out, 0, static_cast<size_t>(tile.head_dim) * sizeof(float));
  }
  const int64_t last = tile.first_position + tile.tokens;
  for (int64_t block = sight_of(tile.first_position, tile.window).begin; block < last; block += kBlock) {
    for (int64_t r = 0; r < rows; r++) {
      const int64_t t = r / tile.group, head = r % tile.group * tile.head_dim;
      Sight sight = sight_of(tile.first_position + t, tile.window);
      if (sight.end > 1) sight.end -= blind;
      attend_row_block<Cache>(tile, tile.q + t * tile.q_stride + head, tile.out + t * tile.out_stride + head, block,
                              sight, states[r]);
    }
  }
  for (int64_t r = 0; r < rows; r++) {
    float* out = tile.out + r / tile.group * tile.out_stride + r % tile.group * tile.head_dim;
    scale_row(out, 1 / states[r].sum, tile.head_dim);
  }
}

}  // namespace
}  // namespace hearth
