#include "top-k.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "mutants.h"

namespace hearth {
namespace {

struct Candidate {
  float value;
  int32_t index;
};

// A NaN is worse than every number.
bool is_better(const Candidate& a, const Candidate& b) {
  if (a.value > b.value) return true;
  if (a.value < b.value) return false;
  const bool a_is_number = !std::isnan(a.value), b_is_number = !std::isnan(b.value);
  if (a_is_number != b_is_number) return a_is_number;
  return HEARTH_MUTANT(TOP_K, a.index < b.index, a.index > b.index);
}

// A heap of the k best so far with the worst of them on top: almost every later value is refused by one comparison.
void scan_into_heap(const float* x, int64_t n, std::vector<Candidate>& heap, int64_t k) {
  for (int64_t i = 0; i < k; i++) heap.push_back({x[i], static_cast<int32_t>(i)});
  std::make_heap(heap.begin(), heap.end(), is_better);
  for (int64_t i = k; i < n; i++) {
    const Candidate candidate{x[i], static_cast<int32_t>(i)};
    if (!is_better(candidate, heap.front())) continue;
    std::pop_heap(heap.begin(), heap.end(), is_better);
    heap.back() = candidate;
    std::push_heap(heap.begin(), heap.end(), is_better);
  }
}

}  // namespace

void top_k(const float* x, int64_t n, int64_t k, int32_t* indices, float* values) {
  std::vector<Candidate> best;
  if (k <= n / 16) {
    best.reserve(static_cast<size_t>(k));
    scan_into_heap(x, n, best, k);
  } else {
    best.reserve(static_cast<size_t>(n));
    for (int64_t i = 0; i < n; i++) best.push_back({x[i], static_cast<int32_t>(i)});
    std::nth_element(best.begin(), best.begin() + (k - 1), best.end(), is_better);
    best.resize(static_cast<size_t>(k));
  }
  std::sort(best.begin(), best.end(), is_better);
  for (int64_t i = 0; i < k; i++) {
    indices[i] = best[static_cast<size_t>(i)].index;
    values[i] = best[static_cast<size_t>(i)].value;
  }
}

}  // namespace hearth
