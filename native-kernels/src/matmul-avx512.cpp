// Which AVX-512 kernel serves which type.
#include "matmul-avx512-kernels.h"

namespace hearth {
namespace {

const TileKernels kTiles = {
    12,
    32,
    {nullptr, widen_bf16_avx512, widen_f16_avx512, widen_q8_0_avx512, widen_q4_0_avx512},
    pack_weights_12_avx512,
    pack_activations_32_avx512,
    multiply_tile_12x32_avx512,
};

const MatmulKernels kKernels = {
    {dot_f32_4x4_avx512, dot_bf16_4x4_avx512, dot_f16_4x4_avx512, dot_q8_0_2x4_avx512, dot_q4_0_2x4_avx512},
    &kTiles,
    {65, 65, 65, 65, 65},
};

}  // namespace

const MatmulKernels& matmul_kernels_avx512() { return kKernels; }

}  // namespace hearth
