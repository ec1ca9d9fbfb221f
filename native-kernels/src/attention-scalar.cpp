// The reference: per query row two passes over what it sees, sums in double.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "attention.h"
#include "mutants.h"
#include "narrow-float.h"

namespace hearth {
namespace {

void store_f32(const float* x, uint8_t* cache, int64_t n) {
  std::memcpy(cache, x, static_cast<size_t>(HEARTH_MUTANT(STORE_KV_F32_SCALAR, n, n - 1)) * sizeof(float));
}

void store_f16(const float* x, uint8_t* cache, int64_t n) {
  n = HEARTH_MUTANT(STORE_KV_F16_SCALAR, n, n - 1);
  for (int64_t i = 0; i < n; i++) store_u16(cache + 2 * i, narrow_to_f16(x[i]));
}

int64_t scratch(const AttentionTile& tile) { return tile.first_position + tile.tokens; }  // One row of scores.

template <CacheType type>
float cached(const uint8_t* cache, int64_t i) {
  return type == CacheType::F32 ? load_f32(cache + 4 * i) : widen_f16(load_u16(cache + 2 * i));
}

template <CacheType type>
void attend_row(const AttentionTile& tile, const float* q, float* out, Sight sight, float* scores) {
  float largest = -INFINITY;
  for (int64_t p = sight.begin; p < sight.end; p++) {
    double dot = 0;
    for (int64_t d = 0; d < tile.head_dim; d++) {
      dot += static_cast<double>(q[d]) * cached<type>(tile.k, p * tile.head_dim + d);
    }
    scores[p] = static_cast<float>(dot) * tile.scale;
    largest = std::max(largest, scores[p]);
  }
  double sum = 0;
  for (int64_t p = sight.begin; p < sight.end; p++) sum += scores[p] = std::exp(scores[p] - largest);
  for (int64_t d = 0; d < tile.head_dim; d++) {
    double mixed = 0;
    for (int64_t p = sight.begin; p < sight.end; p++) {
      mixed += static_cast<double>(scores[p]) * cached<type>(tile.v, p * tile.head_dim + d);
    }
    out[d] = static_cast<float>(mixed / sum);
  }
}

// `blind` positions at the end of what each token sees are left out: none.
template <CacheType type>
void attend(const AttentionTile& tile, float* scores, int64_t blind) {
  for (int64_t t = 0; t < tile.tokens; t++) {
    Sight sight = sight_of(tile.first_position + t, tile.window);
    if (sight.end - sight.begin > 1) sight.end -= blind;
    for (int64_t g = 0; g < tile.group; g++) {
      attend_row<type>(tile, tile.q + t * tile.q_stride + g * tile.head_dim,
                       tile.out + t * tile.out_stride + g * tile.head_dim, sight, scores);
    }
  }
}

void attend_f32(const AttentionTile& tile, float* scores) {
  attend<CacheType::F32>(tile, scores, HEARTH_MUTANT(ATTENTION_F32_SCALAR, 0, 1));
}

void attend_f16(const AttentionTile& tile, float* scores) {
  attend<CacheType::F16>(tile, scores, HEARTH_MUTANT(ATTENTION_F16_SCALAR, 0, 1));
}

}  // namespace

const AttentionKernels attention_scalar = {{store_f32, store_f16}, scratch, {attend_f32, attend_f16}, 1};

}  // namespace hearth
