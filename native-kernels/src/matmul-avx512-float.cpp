// Float weights with AVX-512 (F, BW, VL, DQ). Where the processor follows streams by itself, one token is left to AVX2, whose
// narrower loads keep its prefetching better fed (docs/kernel-speed.md has the figures); the bits are the same.
#define HEARTH_SET AVX512
#include "matmul-avx2-kernels.h"
#include "matmul-avx512-kernels.h"
#include "matmul-avx512-vectors.h"
#include "matmul-float-dot.h"
#include "matmul-float-tile.h"

namespace hearth {

void dot_f32_4x4_avx512(const MatmulArgs& args, const float* none, int64_t begin, int64_t end) {
  if (args.tokens == 1 && stream_lookahead() == 0) return dot_f32_2x3_avx2(args, none, begin, end);
  dot_float<Avx512, WeightType::F32>(args, begin, end);
}

void dot_bf16_4x4_avx512(const MatmulArgs& args, const float* none, int64_t begin, int64_t end) {
  if (args.tokens == 1 && stream_lookahead() == 0) return dot_bf16_2x3_avx2(args, none, begin, end);
  dot_float<Avx512, WeightType::BF16>(args, begin, end);
}

void dot_f16_4x4_avx512(const MatmulArgs& args, const float* none, int64_t begin, int64_t end) {
  if (args.tokens == 1 && stream_lookahead() == 0) return dot_f16_2x3_avx2(args, none, begin, end);
  dot_float<Avx512, WeightType::F16>(args, begin, end);
}

void widen_bf16_avx512(const uint8_t* row, int64_t col, int64_t count, float* out) {
  widen_float<Avx512, WeightType::BF16>(row, col, count, out);
}

void widen_f16_avx512(const uint8_t* row, int64_t col, int64_t count, float* out) {
  widen_float<Avx512, WeightType::F16>(row, col, count, out);
}

void pack_weights_12_avx512(const float* rows, int64_t stride, int64_t count, int64_t depth, float* packed) {
  pack_rows_float<Avx512, Avx512::kTileRows>(rows, stride, count, depth, packed);
}

void pack_activations_32_avx512(const float* rows, int64_t stride, int64_t count, int64_t depth, float* packed) {
  pack_rows_float<Avx512, Avx512::kTileVectors * Avx512::kWidth>(rows, stride, count, depth, packed);
}

void multiply_tile_12x32_avx512(int64_t depth, const float* w, const float* x, float* tile, bool first) {
  multiply_tile_float<Avx512>(depth, w, x, tile, first);
}

}  // namespace hearth
