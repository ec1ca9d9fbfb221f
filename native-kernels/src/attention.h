// Attention over the KV cache, and storing into it. An instruction set works on one AttentionTile on one thread.
#pragma once
#include <cstdint>

#include "matmul.h"

namespace hearth {

class ThreadPool;

// Up to so many query rows the cache is read in place, without repacking, and a row's result is its own alone.
constexpr int64_t kFewRows = 16;

enum class CacheType : int { F32 = 0, F16 = 1 };

// The query heads that share one KV head, over consecutive tokens. Token t stands at position first_position + t and
// sees positions max(0, p - window + 1) … p (window 0: all from 0).
struct AttentionTile {
  const float* q;  // (tokens, group, head_dim), tokens q_stride floats apart
  int64_t q_stride;
  float* out;  // (tokens, group, head_dim), tokens out_stride floats apart
  int64_t out_stride;
  const uint8_t* k;  // (capacity, head_dim) of the cache's type
  const uint8_t* v;
  int64_t tokens, group, head_dim, first_position, window;
  float scale;
};

// First and one past the last position that a token at `position` sees.
struct Sight {
  int64_t begin, end;
};

inline Sight sight_of(int64_t position, int64_t window) {
  const int64_t begin = window > 0 && position - window + 1 > 0 ? position - window + 1 : 0;
  return Sight{begin, position + 1};
}

struct AttentionKernels {
  // Cache rows from floats, by CacheType.
  void (*store[2])(const float* x, uint8_t* cache, int64_t n);
  // Floats of scratch that a tile needs.
  int64_t (*scratch)(const AttentionTile& tile);
  void (*attend[2])(const AttentionTile& tile, float* scratch);
  int64_t rows_of_tile;  // Query rows (tokens x group) that a tile should have when there are many tokens.
};

extern const AttentionKernels attention_scalar;
extern const AttentionKernels attention_avx2;
extern const AttentionKernels attention_avx512;
extern const AttentionKernels attention_neon;

const AttentionKernels& attention_kernels(InstructionSet set);

struct AttentionArgs {
  const float* q;
  int64_t q_stride;
  CacheType type;
  const uint8_t* k;  // (kv_heads, capacity, head_dim)
  const uint8_t* v;
  float* out;
  int64_t out_stride;
  int64_t tokens, start_position, heads, kv_heads, head_dim, capacity, window;
  float scale;
};

// Arguments are already bounds-checked. False only when scratch cannot be allocated.
bool attention(ThreadPool& pool, const AttentionKernels& kernels, const AttentionArgs& args);

}  // namespace hearth
