// Which AVX-512 kernel serves which type.
#include "cpu-features.h"
#include "matmul-avx2-kernels.h"
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

const MatmulKernels kWithVnni = {
    {dot_f32_4x4_avx512, dot_bf16_4x4_avx512, dot_f16_4x4_avx512, dot_q8_0_avx512vnni, dot_q4_0_avx512vnni},
    {nullptr, nullptr, nullptr, quantise_q8_0_avx512vnni, quantise_q4_0_avx512vnni},
    &kTiles,
    {65, 65, 65, 65, 65},
};

const MatmulKernels kWithoutVnni = {
    {dot_f32_4x4_avx512, dot_bf16_4x4_avx512, dot_f16_4x4_avx512, dot_q8_0_avx2, dot_q4_0_avx2},
    {nullptr, nullptr, nullptr, quantise_q8_0_avx2, quantise_q4_0_avx2},
    &kTiles,
    {65, 65, 65, 65, 65},
};

}  // namespace

const MatmulKernels& matmul_kernels_avx512() { return has_avx512_vnni() ? kWithVnni : kWithoutVnni; }

}  // namespace hearth
