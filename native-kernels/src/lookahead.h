// How far ahead of its use a row of weights is asked for, where several rows are read at once: too many for the
// processor to see streams in them. Asked for too late they are waited for; beyond the chunk they are another thread's.
#pragma once
#include <cstdint>

#include "compiler-hints.h"

namespace hearth {
namespace {

// What memory delivers to one core while a request is on its way, with a margin.
constexpr int64_t kLookaheadBytes = 8 << 10;

class Lookahead {
 public:
  // Rows of `row_bytes`, taken `step` at a time, up to row `end`.
  Lookahead(int64_t row_bytes, int64_t step, int64_t end, int64_t bytes = kLookaheadBytes)
      : rows_(row_bytes > 0 ? step * ((bytes + step * row_bytes - 1) / (step * row_bytes)) : 0),
        row_bytes_(row_bytes),
        end_(end) {}

  // Asks for the first rows of a chunk, which nothing before them has asked for.
  void begin(const uint8_t* rows, int64_t count) const {
    const int64_t first = rows_ < count ? rows_ * row_bytes_ : 0;
    for (int64_t at = 0; at < first; at += 64) prefetch(rows + at);
  }

  // From a weight of `row` to the one to ask for: the same column some rows on, or itself where the chunk ends.
  int64_t bytes(int64_t row) const { return row + rows_ < end_ ? rows_ * row_bytes_ : 0; }

 private:
  const int64_t rows_, row_bytes_, end_;
};

}  // namespace
}  // namespace hearth
