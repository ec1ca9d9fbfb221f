// What an instruction set offers to the products. matmul.cpp chooses the set and shares the work out; a kernel computes
// its part on one thread and allocates nothing.
#pragma once
#include <cstdint>

#include "matmul.h"

namespace hearth {

constexpr int kWeightTypes = 5;
constexpr int64_t kQuantBlock = 32;  // Values per block of Q8_0 and Q4_0.
constexpr int64_t kQ8Bytes = 34;     // F16 scale, 32 int8.
constexpr int64_t kQ4Bytes = 18;     // F16 scale, 16 bytes of two nibbles: value i low, value i + 16 high, each plus 8.

// Most tokens that go through the dot kernels in one pass over the weights: their activations stay in the caches.
constexpr int64_t kDotTokens = 16;

inline bool is_quantised(WeightType type) { return type == WeightType::Q8_0 || type == WeightType::Q4_0; }

// Bytes of one row of `cols` weights.
inline int64_t row_bytes(WeightType type, int64_t cols) {
  switch (type) {
    case WeightType::F32: return cols * 4;
    case WeightType::Q8_0: return cols / kQuantBlock * kQ8Bytes;
    case WeightType::Q4_0: return cols / kQuantBlock * kQ4Bytes;
    default: return cols * 2;
  }
}

// y[t, r] for r in [begin, end) and all tokens (at most kDotTokens). `block_sums` (tokens, cols / 32) are the sums of each
// block's activations, given for Q4_0 only. The order of summation of an element depends on cols alone.
using DotRows = void (*)(const MatmulArgs& args, const float* block_sums, int64_t begin, int64_t end);

constexpr int64_t kDepth = 256;  // Columns of a packed panel: one of tokens stays in the first-level cache.

// Prefill: tiles of rows x tokens over panels packed depth by depth, so that both sides are read in order.
struct TileKernels {
  int64_t rows, tokens;  // of a tile
  // out (count) = row[col : col + count] as F32; col and count are multiples of 32 for quantised types. nullptr for F32.
  // Whole vectors are stored: there is room for kDepth floats.
  void (*widen[kWeightTypes])(const uint8_t* row, int64_t col, int64_t count, float* out);
  // packed (depth, rows) and (depth, tokens) from `count` rows of `depth` floats, `stride` apart; the missing rows are
  // zero.
  void (*pack_weights)(const float* rows, int64_t stride, int64_t count, int64_t depth, float* packed);
  void (*pack_activations)(const float* rows, int64_t stride, int64_t count, int64_t depth, float* packed);
  // tile (rows, tokens) = sum over depth of w (depth, rows) * x (depth, tokens), added to what is there unless `first`.
  void (*multiply)(int64_t depth, const float* w, const float* x, float* tile, bool first);
};

struct Int16Kernels;  // matmul-int16.h

struct MatmulKernels {
  DotRows dot[kWeightTypes];
  const TileKernels* tiles;               // nullptr: the dot kernels serve any number of tokens
  int64_t tiles_from[kWeightTypes];       // tokens from which tiles are faster than passes of dot products
  const Int16Kernels* int16 = nullptr;    // what quantised weights are multiplied with instead, where there is something
};

const MatmulKernels& matmul_kernels_scalar();
const MatmulKernels& matmul_kernels_avx2();
const MatmulKernels& matmul_kernels_avx512();
const MatmulKernels& matmul_kernels_avx512vnni();
const MatmulKernels& matmul_kernels_neon();

}  // namespace hearth
