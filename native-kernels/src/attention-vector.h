// Attention on vectors, written once for every instruction set. Included behind one vector-*.h.
//
// Both ways below walk the positions in blocks and keep, per query row, the largest score so far, the sum of
// exponentials and the weighted sum of values, scaled down whenever a larger score appears; so nothing grows with the
// context. What a row yields depends on the shape of the call alone, never on the number of threads.
#include <math.h>

#include <cstring>

#include "attention.h"
#include "mutants.h"
#include "vector-exponential.h"

namespace hearth {
namespace {

constexpr int64_t kBlock = 64;  // Positions at a time; a multiple of 2 * kLanes.
constexpr int64_t kFewRows = 16;  // Up to so many rows the cache is read in place, without repacking.

struct CacheF32 {
  static constexpr int64_t kBytes = 4;
  static Vec at(const uint8_t* p) { return load_bytes(p); }
};
struct CacheF16 {
  static constexpr int64_t kBytes = 2;
  static Vec at(const uint8_t* p) { return load_f16(p); }
};

int64_t smaller_of(int64_t a, int64_t b) { return a < b ? a : b; }
int64_t larger_of(int64_t a, int64_t b) { return a > b ? a : b; }
int64_t rounded_up(int64_t n, int64_t unit) { return (n + unit - 1) / unit * unit; }

// Per query row: the largest score so far and the sum of e^(score - largest).
struct RowState {
  float largest, sum;
};

// Turns the scores [begin, end) of a block (kBlock floats, the rest set to 0) into weights, and says by how much what was
// gathered before is to be scaled.
float weigh(float* scores, int64_t begin, int64_t end, RowState& row) {
  float largest = row.largest;
  for (int64_t i = begin; i < end; i++) largest = scores[i] > largest ? scores[i] : largest;
  for (int64_t i = 0; i < begin; i++) scores[i] = -INFINITY;
  for (int64_t i = end; i < kBlock; i++) scores[i] = -INFINITY;
  const Vec most = all(largest);
  Vec sums = all(0);
  for (int64_t i = 0; i < kBlock; i += kLanes) {
    const Vec e = exponential(subtract(load(scores + i), most));
    store(scores + i, e);
    sums = add(sums, e);
  }
  const float before = row.largest == -INFINITY ? 0 : expf(row.largest - largest);
  row.largest = largest;
  row.sum = row.sum * before + sum(sums);
  return before;
}

// ---- few rows: dot products with the cache in place; head_dim is a multiple of kLanes --------------------------------

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

void scale_row(float* row, float factor, int64_t n) {
  for (int64_t d = 0; d < n; d++) row[d] *= factor;
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

// ---- many rows: two products of matrices per block -------------------------------------------------------------------

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

bool are_few(const AttentionTile& tile) {
  return tile.tokens * tile.group <= kFewRows && tile.head_dim % kLanes == 0;
}

int64_t scratch_of(const AttentionTile& tile) {
  return are_few(tile) ? 0 : Panels::floats(tile.tokens * tile.group, tile.head_dim);
}

// `blind` positions at the end of what each token sees are left out: none.
template <typename Cache>
void attend(const AttentionTile& tile, float* scratch, int64_t blind) {
  if (are_few(tile)) {
    attend_few<Cache>(tile, blind);
  } else {
    attend_many<Cache>(tile, scratch, blind);
  }
}

void attend_f32(const AttentionTile& tile, float* scratch) {
  attend<CacheF32>(tile, scratch, HEARTH_SET_MUTANT(ATTENTION_F32, 0, 1));
}
void attend_f16(const AttentionTile& tile, float* scratch) {
  attend<CacheF16>(tile, scratch, HEARTH_SET_MUTANT(ATTENTION_F16, 0, 1));
}

void store_f32_row(const float* x, uint8_t* cache, int64_t n) {
  std::memcpy(cache, x, static_cast<size_t>(HEARTH_SET_MUTANT(STORE_KV_F32, n, n - n % kLanes)) * sizeof(float));
}

void store_f16_row(const float* x, uint8_t* cache, int64_t n) {
  n = HEARTH_SET_MUTANT(STORE_KV_F16, n, n - 1);
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store_f16(cache + 2 * i, load(x + i));
  if (i == n) return;
  float lanes[kLanes] = {0};
  uint8_t halves[kLanes * 2];
  std::memcpy(lanes, x + i, static_cast<size_t>(n - i) * sizeof(float));
  store_f16(halves, load(lanes));
  std::memcpy(cache + 2 * i, halves, static_cast<size_t>(n - i) * 2);
}

}  // namespace

const AttentionKernels HEARTH_SET_TABLE(attention) = {
    {store_f32_row, store_f16_row}, scratch_of, {attend_f32, attend_f16}, 96};

}  // namespace hearth
