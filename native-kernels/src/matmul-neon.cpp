// Which NEON kernel serves which type.
#include "matmul-neon-kernels.h"

namespace hearth {
namespace {

const TileKernels kTiles = {
    6,
    16,
    {nullptr, widen_bf16_neon, widen_f16_neon, widen_q8_0_neon, widen_q4_0_neon},
    pack_weights_6_neon,
    pack_activations_16_neon,
    multiply_tile_6x16_neon,
};

const MatmulKernels kKernels = {
    {dot_f32_4x2_neon, dot_bf16_4x2_neon, dot_f16_4x2_neon, dot_q8_0_neon, dot_q4_0_neon},
    {nullptr, nullptr, nullptr, quantise_neon, quantise_neon},
    &kTiles,
    {33, 33, 33, 33, 33},
};

}  // namespace

const MatmulKernels& matmul_kernels_neon() { return kKernels; }

}  // namespace hearth
