// The elementwise kernels on vectors, written once for every instruction set. Included behind one vector-*.h.
#include "elementwise.h"
#include "norm-and-activation-vector.h"
#include "rows-vector.h"

namespace hearth {

const ElementwiseKernels HEARTH_SET_TABLE(elementwise) = {
    {rms_norm_f32, rms_norm_bf16, rms_norm_f16},
    {rope_half_split, rope_interleaved},
    silu_gate,
    add_row,
    add_bytes,
    {add_bias_f32, add_bias_bf16, add_bias_f16},
    softmax,
    {widen_f32, widen_bf16, widen_f16, widen_q8_0, widen_q4_0},
    narrow_bf16,
    narrow_f16,
    argmax,
    read_bytes,
};

}  // namespace hearth
