// Quantised weights times activations rounded to whole numbers of 16 bits: blocks of 32 with one scale each. The sum of
// a block's products is then exact, and a processor that multiplies pairs of them does it in half the instructions that
// floats take. A value errs by at most half a step, 1.6e-5 of the largest in its block; int8 would err by 4e-3, which
// makes several nodes disagree with one. matmul-int16.cpp shares the work out.
#pragma once
#include <cstddef>
#include <cstdint>

#include "matmul.h"

namespace hearth {

class ThreadPool;

// Steps to the largest value of a block: its high byte, rounded, is still a signed one.
constexpr float kInt16Steps = 32639;
// A block of activations that are all smaller counts as zero: its step would not be a normal number.
constexpr float kInt16Least = 1e-30f;

constexpr int64_t kInt16Depth = 256;  // Columns of a packed slab of weights: it stays in the first-level cache.
constexpr int64_t kInt16Rows = 32;    // Rows of a packed slab.

// Weights widened to 16 bits, as tiles read them: pairs (depth / 2, kInt16Rows, 2), scales (depth / 32, kInt16Rows).
struct Int16Slab {
  alignas(64) int16_t pairs[kInt16Depth * kInt16Rows];
  alignas(64) float scales[kInt16Depth / 32 * kInt16Rows];
};

// Activations of some tokens in the columns of one slab: values (tokens, kInt16Depth), scales (tokens, kInt16Depth / 32).
struct Int16Activations {
  const int16_t* values;
  const float* scales;
};

// What a weight type needs.
struct Int16Type {
  // Bytes of one token's activations as `dot` reads them, a multiple of 64; and their making, from `cols` floats.
  int64_t (*activation_bytes)(int64_t cols);
  void (*prepare)(const float* x, int64_t cols, uint8_t* activations);
  // y[t, r] for r in [begin, end) and at most kDotTokens tokens. The order of summation depends on cols alone.
  void (*dot)(const MatmulArgs& args, const uint8_t* activations, int64_t begin, int64_t end);
  // Fills a slab from `blocks` blocks of `count` rows, `stride` bytes apart. Rows beyond `count` are anything.
  void (*pack)(const uint8_t* w, int64_t stride, int64_t count, int64_t blocks, Int16Slab* slab);
};

struct Int16Kernels {
  Int16Type q8_0, q4_0;
  // values (blocks, 32) and scales (blocks). A block that holds an infinity or a NaN gets zeros and the scale NaN.
  void (*quantise)(const float* x, int64_t blocks, int16_t* values, float* scales);
  // y[t, r] of the slab's first `rows` rows = the sums over its `blocks` blocks, added to what is there unless `first`.
  void (*multiply)(const Int16Slab& slab, int64_t blocks, const Int16Activations& x, int64_t tokens, float* y,
                   int64_t y_stride, int64_t rows, bool first);
};

// For Q8_0 and Q4_0, any number of tokens. False when scratch cannot be allocated.
bool matmul_int16(ThreadPool& pool, const Int16Kernels& kernels, const MatmulArgs& args);

}  // namespace hearth
