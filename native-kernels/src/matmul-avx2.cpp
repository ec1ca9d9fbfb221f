// Which AVX2 kernel serves which type.
#include "matmul-avx2-kernels.h"

namespace hearth {

namespace {

const TileKernels kTiles = {
    6,
    16,
    {nullptr, widen_bf16_avx2, widen_f16_avx2, widen_q8_0_avx2, widen_q4_0_avx2},
    pack_weights_6_avx2,
    pack_activations_16_avx2,
    multiply_tile_6x16_avx2,
};

const MatmulKernels kKernels = {
    {dot_f32_4x3_avx2, dot_bf16_4x3_avx2, dot_f16_4x3_avx2, dot_q8_0_avx2, dot_q4_0_avx2},
    {nullptr, nullptr, nullptr, quantise_q8_0_avx2, quantise_q4_0_avx2},
    &kTiles,
    {33, 33, 33, 33, 33},
};

}  // namespace

const MatmulKernels& matmul_kernels_avx2() { return kKernels; }

}  // namespace hearth
