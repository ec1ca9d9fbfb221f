// The AVX-512 kernels by name.
#pragma once
#include "matmul-kernels.h"

namespace hearth {

void dot_f32_4x4_avx512(const MatmulArgs&, const float* block_sums, int64_t begin, int64_t end);
void dot_bf16_4x4_avx512(const MatmulArgs&, const float* block_sums, int64_t begin, int64_t end);
void dot_f16_4x4_avx512(const MatmulArgs&, const float* block_sums, int64_t begin, int64_t end);
void dot_q8_0_2x4_avx512(const MatmulArgs&, const float* block_sums, int64_t begin, int64_t end);
void dot_q4_0_2x4_avx512(const MatmulArgs&, const float* block_sums, int64_t begin, int64_t end);

void widen_bf16_avx512(const uint8_t* row, int64_t col, int64_t count, float* out);
void widen_f16_avx512(const uint8_t* row, int64_t col, int64_t count, float* out);
void widen_q8_0_avx512(const uint8_t* row, int64_t col, int64_t count, float* out);
void widen_q4_0_avx512(const uint8_t* row, int64_t col, int64_t count, float* out);

void pack_weights_12_avx512(const float* rows, int64_t stride, int64_t count, int64_t depth, float* packed);
void pack_activations_32_avx512(const float* rows, int64_t stride, int64_t count, int64_t depth, float* packed);
void multiply_tile_12x32_avx512(int64_t depth, const float* w, const float* x, float* tile, bool first);

}  // namespace hearth
