// The tables of kernels that are compiled into this addon, by instruction set.
#include "attention.h"
#include "elementwise.h"

namespace hearth {

const ElementwiseKernels& elementwise_kernels(InstructionSet set) {
  switch (set) {
#if defined(__x86_64__) || defined(_M_X64)
    case InstructionSet::Avx512Vnni:
    case InstructionSet::Avx512: return elementwise_avx512;
    case InstructionSet::Avx2: return elementwise_avx2;
#elif defined(__aarch64__) || defined(_M_ARM64)
    case InstructionSet::Neon: return elementwise_neon;
#endif
    default: return elementwise_scalar;
  }
}

const AttentionKernels& attention_kernels(InstructionSet set) {
  switch (set) {
#if defined(__x86_64__) || defined(_M_X64)
    case InstructionSet::Avx512Vnni:
    case InstructionSet::Avx512: return attention_avx512;
    case InstructionSet::Avx2: return attention_avx2;
#elif defined(__aarch64__) || defined(_M_ARM64)
    case InstructionSet::Neon: return attention_neon;
#endif
    default: return attention_scalar;
  }
}

}  // namespace hearth
