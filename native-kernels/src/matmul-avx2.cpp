// Which AVX2 kernel serves which type. Compiled for any x86-64: it only names the functions.
#include "matmul-avx2-kernels.h"

#if defined(__x86_64__) || defined(_M_X64)

namespace hearth {

const MatmulKernels& matmul_kernels_avx2() {
  static const TileKernels tiles = {
      6,
      16,
      {nullptr, widen_bf16_avx2, widen_f16_avx2, widen_q8_0_avx2, widen_q4_0_avx2},
      pack_weights_6_avx2,
      pack_activations_16_avx2,
      multiply_tile_6x16_avx2,
  };
  static const MatmulKernels kernels = {
      {dot_f32_4x3_avx2, dot_bf16_4x3_avx2, dot_f16_4x3_avx2, dot_q8_0_avx2, dot_q4_0_avx2},
      {nullptr, nullptr, nullptr, quantise_q8_0_avx2, quantise_q4_0_avx2},
      &tiles,
      {17, 17, 17, 17, 17},
  };
  return kernels;
}

}  // namespace hearth

#endif
