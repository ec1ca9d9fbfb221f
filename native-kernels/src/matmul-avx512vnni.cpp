// Which kernel serves which type where AVX-512 has VNNI: its own for quantised weights, those of AVX-512 for the others.
#include "matmul-avx512vnni-kernels.h"

namespace hearth {
namespace {

const Int16Kernels kInt16 = {
    {q8_0_activation_bytes, prepare_q8_0_avx512vnni, dot_q8_0_avx512vnni, pack_q8_0_32_avx512vnni},
    {q4_0_activation_bytes, prepare_q4_0_avx512vnni, dot_q4_0_avx512vnni, pack_q4_0_32_avx512vnni},
    quantise_int16_avx512vnni,
    multiply_slab_32x6_avx512vnni,
};

MatmulKernels with_int16(MatmulKernels kernels) {
  kernels.int16 = &kInt16;
  return kernels;
}

}  // namespace

const MatmulKernels& matmul_kernels_avx512vnni() {
  static const MatmulKernels kernels = with_int16(matmul_kernels_avx512());
  return kernels;
}

}  // namespace hearth
