// Chooses kernels by instruction set and shape, and shares rows of the weights out to the pool's threads.
#include "matmul.h"

#include <algorithm>

#include "cpu-features.h"
#include "matmul-chunks.h"
#include "matmul-int16.h"
#include "matmul-kernels.h"
#include "matmul-tiled.h"
#include "thread-pool.h"

namespace hearth {
namespace {

const MatmulKernels& kernels_of(InstructionSet set) {
#if defined(__x86_64__) || defined(_M_X64)
  if (set == InstructionSet::Avx512Vnni) return matmul_kernels_avx512vnni();
  if (set == InstructionSet::Avx512) return matmul_kernels_avx512();
  if (set == InstructionSet::Avx2) return matmul_kernels_avx2();
#elif defined(__aarch64__) || defined(_M_ARM64)
  if (set == InstructionSet::Neon) return matmul_kernels_neon();
#endif
  (void)set;
  return matmul_kernels_scalar();
}

// Sums of each block of 32 activations, (tokens, blocks). Eight partial sums, so that the compiler can use vectors.
void sum_blocks(const MatmulArgs& args, float* sums) {
  const int64_t blocks = args.cols / kQuantBlock;
  for (int64_t t = 0; t < args.tokens; t++) {
    for (int64_t b = 0; b < blocks; b++) {
      const float* x = args.x + t * args.x_stride + b * kQuantBlock;
      float partial[8] = {};
      for (int i = 0; i < kQuantBlock; i++) partial[i % 8] += x[i];
      sums[t * blocks + b] = ((partial[0] + partial[4]) + (partial[2] + partial[6])) +
                             ((partial[1] + partial[5]) + (partial[3] + partial[7]));
    }
  }
}

// At most kDotTokens tokens: every row of the weights is read from memory once. False when there is no memory.
bool matmul_dot(ThreadPool& pool, const MatmulKernels& kernels, const MatmulArgs& args) {
  float* block_sums = nullptr;
  if (args.type == WeightType::Q4_0) {
    const size_t bytes = static_cast<size_t>(args.tokens * args.cols / kQuantBlock) * sizeof(float);
    block_sums = reinterpret_cast<float*>(pool.scratch(-1, bytes));
    if (block_sums == nullptr) return false;
    sum_blocks(args, block_sums);
  }
  const DotRows dot = kernels.dot[static_cast<int>(args.type)];
  pool.parallel(args.rows, rows_per_chunk(args, pool.threads()),
                [&](int64_t begin, int64_t end, int) { dot(args, block_sums, begin, end); });
  return true;
}

}  // namespace

bool matmul(ThreadPool& pool, InstructionSet set, const MatmulArgs& args) {
  const MatmulKernels& kernels = kernels_of(set);
  if (kernels.int16 != nullptr && is_quantised(args.type)) return matmul_int16(pool, *kernels.int16, args);
  const bool tiled = kernels.tiles != nullptr && args.tokens >= kernels.tiles_from[static_cast<int>(args.type)];
  const int64_t step = tiled ? kTiledTokens : kDotTokens;
  for (int64_t first = 0; first < args.tokens; first += step) {
    const MatmulArgs part = tokens_of(args, first, std::min(step, args.tokens - first));
    if (!(tiled ? matmul_tiled(pool, kernels, part) : matmul_dot(pool, kernels, part))) return false;
  }
  return true;
}

}  // namespace hearth
