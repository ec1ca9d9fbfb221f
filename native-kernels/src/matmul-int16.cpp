// Few tokens: dot products, each row of the weights read from memory once. More: slabs of rows and columns, widened and
// packed by the thread that multiplies them with every token while they are in the cache.
#include "matmul-int16.h"

#include <algorithm>
#include <atomic>

#include "matmul-chunks.h"
#include "matmul-tiled.h"
#include "thread-pool.h"

namespace hearth {
namespace {

constexpr int64_t kSlabBlocks = kInt16Depth / kQuantBlock;

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

bool matmul_dot(ThreadPool& pool, const Int16Type& type, const MatmulArgs& args) {
  const int64_t bytes = type.activation_bytes(args.cols);
  uint8_t* activations = pool.scratch(-1, static_cast<size_t>(bytes * args.tokens));
  if (activations == nullptr) return false;
  for (int64_t t = 0; t < args.tokens; t++) type.prepare(args.x + t * args.x_stride, args.cols, activations + t * bytes);
  pool.parallel(args.rows, rows_per_chunk(args, pool.threads()),
                [&](int64_t begin, int64_t end, int) { type.dot(args, activations, begin, end); });
  return true;
}

// The activations of one call, slab by slab of columns.
struct Int16Call {
  const MatmulArgs& args;
  const Int16Kernels& kernels;
  const Int16Type& type;
  int16_t* values;  // (slabs, tokens, kInt16Depth)
  float* scales;    // (slabs, tokens, kSlabBlocks)

  int64_t blocks_at(int64_t slab) const {
    return std::min(kSlabBlocks, args.cols / kQuantBlock - slab * kSlabBlocks);
  }
  int16_t* values_at(int64_t slab, int64_t token) const { return values + (slab * args.tokens + token) * kInt16Depth; }
  float* scales_at(int64_t slab, int64_t token) const { return scales + (slab * args.tokens + token) * kSlabBlocks; }
};

void quantise_token(const Int16Call& call, int64_t token) {
  const float* x = call.args.x + token * call.args.x_stride;
  for (int64_t slab = 0; slab * kInt16Depth < call.args.cols; slab++) {
    call.kernels.quantise(x + slab * kInt16Depth, call.blocks_at(slab), call.values_at(slab, token),
                          call.scales_at(slab, token));
  }
}

void multiply_rows(const Int16Call& call, int64_t row, int64_t count, Int16Slab* packed) {
  const MatmulArgs& args = call.args;
  const int64_t stride = row_bytes(args.type, args.cols);
  for (int64_t slab = 0; slab * kInt16Depth < args.cols; slab++) {
    const uint8_t* w = args.w + row * stride + row_bytes(args.type, slab * kInt16Depth);
    call.type.pack(w, stride, count, call.blocks_at(slab), packed);
    const Int16Activations x = {call.values_at(slab, 0), call.scales_at(slab, 0)};
    call.kernels.multiply(*packed, call.blocks_at(slab), x, args.tokens, args.y + row, args.y_stride, count, slab == 0);
  }
}

bool matmul_slabs(ThreadPool& pool, const Int16Kernels& kernels, const Int16Type& type, const MatmulArgs& args) {
  const int64_t rows_of_blocks = ceil_div(args.cols, kInt16Depth) * args.tokens;
  const size_t value_bytes = static_cast<size_t>(rows_of_blocks * kInt16Depth) * sizeof(int16_t);
  const size_t scale_bytes = static_cast<size_t>(rows_of_blocks * kSlabBlocks) * sizeof(float);
  uint8_t* shared = pool.scratch(-1, value_bytes + scale_bytes);
  if (shared == nullptr) return false;
  const Int16Call call = {args, kernels, type, reinterpret_cast<int16_t*>(shared),
                          reinterpret_cast<float*>(shared + value_bytes)};
  std::atomic<bool> out_of_memory{false};

  pool.parallel(args.tokens, std::max<int64_t>(args.tokens / (4 * pool.threads()), 1),
                [&](int64_t begin, int64_t end, int) {
                  for (int64_t token = begin; token < end; token++) quantise_token(call, token);
                });
  pool.parallel(args.rows, kInt16Rows, [&](int64_t begin, int64_t end, int worker) {
    Int16Slab* packed = reinterpret_cast<Int16Slab*>(pool.scratch(worker, sizeof(Int16Slab)));
    if (packed == nullptr) return out_of_memory.store(true);
    // A pool of one thread hands all rows over at once.
    for (int64_t row = begin; row < end; row += kInt16Rows) {
      multiply_rows(call, row, std::min(kInt16Rows, end - row), packed);
    }
  });
  return !out_of_memory.load();
}

}  // namespace

bool matmul_int16(ThreadPool& pool, const Int16Kernels& kernels, const MatmulArgs& args) {
  const Int16Type& type = args.type == WeightType::Q8_0 ? kernels.q8_0 : kernels.q4_0;
  if (args.tokens <= kDotTokens) return matmul_dot(pool, type, args);
  for (int64_t first = 0; first < args.tokens; first += kTiledTokens) {
    const MatmulArgs part = tokens_of(args, first, std::min(kTiledTokens, args.tokens - first));
    if (!matmul_slabs(pool, kernels, type, part)) return false;
  }
  return true;
}

}  // namespace hearth
