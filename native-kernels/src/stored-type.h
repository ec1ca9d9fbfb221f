// How every type that can be converted from lies in memory, and how it becomes F32.
#pragma once
#include <cstdint>

#include "elementwise.h"

namespace hearth {

// Numbered as StoredType in index.ts; the first five are WeightType's.
enum class StoredType : int32_t {
  F32 = 0, BF16 = 1, F16 = 2, Q8_0 = 3, Q4_0 = 4, Q4_1 = 16, Q5_0 = 17, Q5_1 = 18, Q4_K = 19, Q5_K = 20, Q6_K = 21,
};

using WidenValues = void (*)(const uint8_t* src, float* y, int64_t n);

struct StoredLayout {
  int64_t block_values = 0;  // 0: no such type
  int64_t block_bytes = 0;
  WidenValues widen = nullptr;  // y = src; n a multiple of block_values. nullptr for the types of WeightType.
};

StoredLayout stored_layout(int64_t type);

inline int64_t stored_bytes(const StoredLayout& layout, int64_t n) {
  return n / layout.block_values * layout.block_bytes;
}

// n (a multiple of 32) floats into blocks, rounded as ggml's reference quantisers do.
void quantise_q8_0(const float* x, uint8_t* dst, int64_t n);
void quantise_q4_0(const float* x, uint8_t* dst, int64_t n);

}  // namespace hearth
