// What both ways of attention share: reading the cache, and the running softmax of a row.
#pragma once
#include <math.h>

#include "attention.h"
#include "vector-exponential.h"

namespace hearth {
namespace {

constexpr int64_t kBlock = 64;  // Positions at a time; a multiple of 2 * kLanes.

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

// The largest of a block's scores and of one before them; a NaN is none.
float largest_score(const float* scores, float before) {
  Vec most = all(before);
  for (int64_t i = 0; i < kBlock; i += kLanes) most = larger(load(scores + i), most);
  float lanes[kLanes], largest = before;
  store(lanes, most);
  for (int64_t i = 0; i < kLanes; i++) largest = lanes[i] > largest ? lanes[i] : largest;
  return largest;
}

// Turns the scores [begin, end) of a block (kBlock floats, the rest set to 0) into weights, and says by how much what
// was gathered before is to be scaled.
float weigh(float* scores, int64_t begin, int64_t end, RowState& row) {
  for (int64_t i = 0; i < begin; i++) scores[i] = -INFINITY;
  for (int64_t i = end; i < kBlock; i++) scores[i] = -INFINITY;
  const float largest = largest_score(scores, row.largest);
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

void scale_row(float* row, float factor, int64_t n) {
  for (int64_t d = 0; d < n; d++) row[d] *= factor;
}

}  // namespace
}  // namespace hearth
