// Attention on vectors, written once for every instruction set. Included behind one vector-*.h.
//
// Both ways below walk the positions in blocks and keep, per query row, the largest score so far, the sum of
// exponentials and the weighted sum of values, scaled down whenever a larger score appears; so nothing grows with the
// context. What a row yields depends on the shape of the call alone, never on the number of threads.
#include <cstring>

#include "attention-few-rows.h"
#include "attention-many-rows.h"
#include "attention.h"
#include "mutants.h"

namespace hearth {
namespace {

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
