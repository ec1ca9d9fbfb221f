// Shares rows or stretches of a row out to the pool's threads, where there is work enough to wake them.
#pragma once
#include <algorithm>

#include "call.h"

namespace hearth {

// Below this many floats a call is over sooner than another thread is awake.
constexpr int64_t kInlineFloats = 1 << 15;

// body(begin, end) over `rows` rows of n floats each.
template <typename Body>
void share_rows(Call& call, int64_t rows, int64_t n, Body&& body) {
  if (saturating_product(rows, n) < kInlineFloats) {
    body(int64_t{0}, rows);
    return;
  }
  ThreadPool* pool = call.environment().pool(call.failure());
  if (pool == nullptr) return;
  const int64_t grain = std::max<int64_t>(1, (kInlineFloats / 2) / n);
  pool->parallel(rows, grain, [&](int64_t begin, int64_t end, int) { body(begin, end); });
}

// body(begin, end) over n floats, in stretches that are multiples of 256.
template <typename Body>
void share_stretch(Call& call, int64_t n, Body&& body) {
  constexpr int64_t kStretch = 256;
  share_rows(call, (n + kStretch - 1) / kStretch, kStretch, [&](int64_t begin, int64_t end) {
    body(begin * kStretch, std::min(end * kStretch, n));
  });
}

}  // namespace hearth
