// The contract between the products and everything else. See native-kernels/index.ts `matmul` for the mathematics.
#pragma once
#include <cstdint>

namespace hearth {

class ThreadPool;

enum class WeightType : int32_t { F32 = 0, BF16 = 1, F16 = 2, Q8_0 = 3, Q4_0 = 4 };

// Ordered: a larger value is preferred. Neon and the x86 sets exclude each other.
enum class InstructionSet : int32_t { Scalar = 0, Avx2 = 1, Avx512 = 2, Avx512Vnni = 3, Neon = 4 };

struct MatmulArgs {
  WeightType type;
  const uint8_t* w;  // (rows, cols), row-major, any alignment
  int64_t rows, cols;
  const float* x;    // (tokens, cols), row stride x_stride floats
  int64_t x_stride;
  float* y;          // (tokens, rows), row stride y_stride floats
  int64_t y_stride;
  int64_t tokens;
};

// Arguments are already bounds-checked; cols % 32 == 0 for quantised types. False only when scratch cannot be allocated.
bool matmul(ThreadPool& pool, InstructionSet set, const MatmulArgs& args);

}  // namespace hearth
