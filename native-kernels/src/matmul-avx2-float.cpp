// Float weights with AVX2, FMA and F16C.
#define HEARTH_SET AVX2
#include "matmul-avx2-kernels.h"
#include "matmul-avx2-vectors.h"
#include "matmul-float-dot.h"
#include "matmul-float-tile.h"

namespace hearth {

void dot_f32_2x3_avx2(const MatmulArgs& args, const float*, int64_t begin, int64_t end) {
  dot_float<Avx2, WeightType::F32>(args, begin, end);
}

void dot_bf16_2x3_avx2(const MatmulArgs& args, const float*, int64_t begin, int64_t end) {
  dot_float<Avx2, WeightType::BF16>(args, begin, end);
}

void dot_f16_2x3_avx2(const MatmulArgs& args, const float*, int64_t begin, int64_t end) {
  dot_float<Avx2, WeightType::F16>(args, begin, end);
}

void widen_bf16_avx2(const uint8_t* row, int64_t col, int64_t count, float* out) {
  widen_float<Avx2, WeightType::BF16>(row, col, count, out);
}

void widen_f16_avx2(const uint8_t* row, int64_t col, int64_t count, float* out) {
  widen_float<Avx2, WeightType::F16>(row, col, count, out);
}

void pack_weights_6_avx2(const float* rows, int64_t stride, int64_t count, int64_t depth, float* packed) {
  pack_rows_float<Avx2, Avx2::kTileRows>(rows, stride, count, depth, packed);
}

void pack_activations_16_avx2(const float* rows, int64_t stride, int64_t count, int64_t depth, float* packed) {
  pack_rows_float<Avx2, Avx2::kTileVectors * Avx2::kWidth>(rows, stride, count, depth, packed);
}

void multiply_tile_6x16_avx2(int64_t depth, const float* w, const float* x, float* tile, bool first) {
  multiply_tile_float<Avx2>(depth, w, x, tile, first);
}

}  // namespace hearth
