#include "matmul-kernels.h"

namespace hearth {

const MatmulKernels& matmul_kernels_avx2() { return matmul_kernels_scalar(); }

}  // namespace hearth
