// Float weights with NEON.
#define HEARTH_SET NEON
#include "matmul-neon-kernels.h"
#include "matmul-neon-vectors.h"
#include "matmul-float-dot.h"
#include "matmul-float-tile.h"

namespace hearth {

void dot_f32_2x3_neon(const MatmulArgs& args, const float*, int64_t begin, int64_t end) {
  dot_float<Neon, WeightType::F32>(args, begin, end);
}

void dot_bf16_2x3_neon(const MatmulArgs& args, const float*, int64_t begin, int64_t end) {
  dot_float<Neon, WeightType::BF16>(args, begin, end);
}

void dot_f16_2x3_neon(const MatmulArgs& args, const float*, int64_t begin, int64_t end) {
  dot_float<Neon, WeightType::F16>(args, begin, end);
}

void widen_bf16_neon(const uint8_t* row, int64_t col, int64_t count, float* out) {
  widen_float<Neon, WeightType::BF16>(row, col, count, out);
}

void widen_f16_neon(const uint8_t* row, int64_t col, int64_t count, float* out) {
  widen_float<Neon, WeightType::F16>(row, col, count, out);
}

void pack_weights_6_neon(const float* rows, int64_t stride, int64_t count, int64_t depth, float* packed) {
  pack_rows_float<Neon, Neon::kTileRows>(rows, stride, count, depth, packed);
}

void pack_activations_16_neon(const float* rows, int64_t stride, int64_t count, int64_t depth, float* packed) {
  pack_rows_float<Neon, Neon::kTileVectors * Neon::kWidth>(rows, stride, count, depth, packed);
}

void multiply_tile_6x16_neon(int64_t depth, const float* w, const float* x, float* tile, bool first) {
  multiply_tile_float<Neon>(depth, w, x, tile, first);
}

}  // namespace hearth
