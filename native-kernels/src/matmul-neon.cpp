#include "matmul-kernels.h"

namespace hearth {

const MatmulKernels& matmul_kernels_neon() { return matmul_kernels_scalar(); }

}  // namespace hearth
