// The AVX-512 VNNI kernels by name, and how they lay activations out between them.
#pragma once
#include "matmul-int16.h"
#include "matmul-kernels.h"

namespace hearth {

// One token's activations for a dot product with Q8_0: values (cols) of 16 bits, then scales (cols / 32), then padding.
inline int64_t q8_0_activation_bytes(int64_t cols) {
  return (cols * 2 + cols / kQuantBlock * 4 + 63) / 64 * 64;
}

// The same for four blocks of Q4_0, value = 256 * high + low: bytes multiply nibbles as they lie, sixteen of each block.
// Blocks beyond the row are zero.
struct FourBlocks {
  alignas(64) int8_t high_first[64], high_last[64];  // of the values i < 16 and i >= 16 of each block
  int8_t low_first[64], low_last[64];
  int32_t zero_points[16];  // -8 times the sum of the values that a lane of the product sums
  float scales[16];         // of each lane's block
};

inline int64_t fours_of(int64_t cols) { return (cols / kQuantBlock + 3) / 4; }
inline int64_t q4_0_activation_bytes(int64_t cols) { return fours_of(cols) * static_cast<int64_t>(sizeof(FourBlocks)); }

void quantise_int16_avx512vnni(const float* x, int64_t blocks, int16_t* values, float* scales);
void prepare_q8_0_avx512vnni(const float* x, int64_t cols, uint8_t* activations);
void prepare_q4_0_avx512vnni(const float* x, int64_t cols, uint8_t* activations);

void dot_q8_0_avx512vnni(const MatmulArgs& args, const uint8_t* activations, int64_t begin, int64_t end);
void dot_q4_0_avx512vnni(const MatmulArgs& args, const uint8_t* activations, int64_t begin, int64_t end);

void pack_q8_0_32_avx512vnni(const uint8_t* w, int64_t stride, int64_t count, int64_t blocks, Int16Slab* slab);
void pack_q4_0_32_avx512vnni(const uint8_t* w, int64_t stride, int64_t count, int64_t blocks, Int16Slab* slab);
void multiply_slab_32x6_avx512vnni(const Int16Slab& slab, int64_t blocks, const Int16Activations& x, int64_t tokens,
                                   float* y, int64_t y_stride, int64_t rows, bool first);

}  // namespace hearth
