// Prefill: products for many tokens, by tiles over packed panels.
#pragma once
#include "matmul-kernels.h"
#include "thread-pool.h"

namespace hearth {

// Most tokens whose packed activations are held at once.
constexpr int64_t kTiledTokens = 512;

// `args.tokens` is at most kTiledTokens. False when scratch cannot be allocated.
bool matmul_tiled(ThreadPool& pool, const MatmulKernels& kernels, const MatmulArgs& args);

}  // namespace hearth
