// How many rows of the weights a thread takes at once in dot products.
#pragma once
#include <algorithm>

#include "matmul-kernels.h"

namespace hearth {

// Chunks are small enough that the threads end together, and large enough that prefetching gets going in each.
constexpr int64_t kLeastChunkBytes = 64 << 10, kMostChunkBytes = 256 << 10;
constexpr int64_t kChunksPerThread = 4;
constexpr int64_t kRowStep = 4;  // Rows the dot kernels take at once.
// Below this the other threads would come too late to help.
constexpr int64_t kSerialBytes = 16 << 10;

inline int64_t rows_per_chunk(const MatmulArgs& args, int threads) {
  const int64_t row = std::max<int64_t>(row_bytes(args.type, args.cols), 1), all = row * args.rows;
  if (all * args.tokens <= kSerialBytes) return args.rows;
  const int64_t wanted = std::min(std::max(all / (threads * kChunksPerThread), kLeastChunkBytes), kMostChunkBytes);
  // As many for every thread: of three chunks, one of two threads would take two while the other waits.
  const int64_t each = (all + wanted * threads - 1) / (wanted * threads), chunks = each * threads;
  const int64_t rows = (args.rows + chunks - 1) / chunks;
  return (rows + kRowStep - 1) / kRowStep * kRowStep;
}

// The tokens [first, first + count) of a product.
inline MatmulArgs tokens_of(const MatmulArgs& args, int64_t first, int64_t count) {
  MatmulArgs part = args;
  part.x = args.x + first * args.x_stride;
  part.y = args.y + first * args.y_stride;
  part.tokens = count;
  return part;
}

}  // namespace hearth
