// Packs the activations once for all threads; then each thread takes blocks of rows, packs and widens a slab of them for
// every kDepth columns, and multiplies it with every panel of tokens while it is in the cache.
#include "matmul-tiled.h"

#include <algorithm>
#include <atomic>
#include <cstring>

namespace hearth {
namespace {

constexpr int64_t kMaxTileRows = 16;
constexpr int64_t kSlabRows = 48;  // Rows a thread takes at once: its slab stays in the second-level cache.

// Everything about one call that its threads share.
struct TiledCall {
  const MatmulArgs& args;
  const MatmulKernels& kernels;
  const TileKernels& tiles;
  int64_t slab_rows, panels;
  float* packed_x;  // per slab of columns, per panel of tokens: (depth, tile tokens)

  int64_t depth_at(int64_t col) const { return std::min(kDepth, args.cols - col); }
  float* x_panel(int64_t col, int64_t panel) const {
    return packed_x + (col * panels + panel * depth_at(col)) * tiles.tokens;
  }
};

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

size_t bytes_of(int64_t floats) { return static_cast<size_t>(floats) * sizeof(float); }

// Packs one panel of tokens over all columns.
void pack_token_panel(const TiledCall& call, int64_t panel) {
  const MatmulArgs& args = call.args;
  const int64_t token = panel * call.tiles.tokens;
  const int64_t count = std::min(call.tiles.tokens, args.tokens - token);
  for (int64_t col = 0; col < args.cols; col += kDepth) {
    const float* x = args.x + token * args.x_stride + col;
    call.tiles.pack_activations(x, args.x_stride, count, call.depth_at(col), call.x_panel(col, panel));
  }
}

// y[t, r] of one slab from its tiles (tile row, token panel)(rows, tokens).
void store_tiles(const TiledCall& call, int64_t begin, int64_t end, const float* products) {
  const TileKernels& tiles = call.tiles;
  for (int64_t t = 0; t < call.args.tokens; t++) {
    float* y = call.args.y + t * call.args.y_stride;
    for (int64_t r = begin; r < end; r++) {
      const int64_t tile = (r - begin) / tiles.rows * call.panels + t / tiles.tokens;
      y[r] = products[tile * tiles.rows * tiles.tokens + (r - begin) % tiles.rows * tiles.tokens + t % tiles.tokens];
    }
  }
}

// Rows [row, row + count) of the weights, columns [col, col + depth), as a packed panel.
void pack_weight_rows(const TiledCall& call, int64_t row, int64_t count, int64_t col, int64_t depth, float* packed) {
  const MatmulArgs& args = call.args;
  const int64_t stride = row_bytes(args.type, args.cols);
  const uint8_t* w = args.w + row * stride;
  const auto widen = call.tiles.widen[static_cast<int>(args.type)];
  if (widen == nullptr) {
    const float* floats = reinterpret_cast<const float*>(w) + col;
    return call.tiles.pack_weights(floats, args.cols, count, depth, packed);
  }
  alignas(64) float widened[kMaxTileRows * kDepth];
  for (int64_t r = 0; r < count; r++) widen(w + r * stride, col, depth, widened + r * kDepth);
  call.tiles.pack_weights(widened, kDepth, count, depth, packed);
}

// y for the rows [begin, end), with a thread's own scratch.
void multiply_slab(const TiledCall& call, int64_t begin, int64_t end, float* packed_w, float* products) {
  const TileKernels& tiles = call.tiles;
  const int64_t tile_floats = tiles.rows * tiles.tokens, row_tiles = ceil_div(end - begin, tiles.rows);
  for (int64_t col = 0; col < call.args.cols; col += kDepth) {
    const int64_t depth = call.depth_at(col);
    for (int64_t i = 0; i < row_tiles; i++) {
      const int64_t row = begin + i * tiles.rows;
      pack_weight_rows(call, row, std::min(tiles.rows, end - row), col, depth, packed_w + i * depth * tiles.rows);
    }
    for (int64_t panel = 0; panel < call.panels; panel++) {
      for (int64_t i = 0; i < row_tiles; i++) {
        tiles.multiply(depth, packed_w + i * depth * tiles.rows, call.x_panel(col, panel),
                       products + (i * call.panels + panel) * tile_floats, col == 0);
      }
    }
  }
  store_tiles(call, begin, end, products);
}

}  // namespace

bool matmul_tiled(ThreadPool& pool, const MatmulKernels& kernels, const MatmulArgs& args) {
  const TileKernels& tiles = *kernels.tiles;
  const int64_t panels = ceil_div(args.tokens, tiles.tokens);
  const int64_t slab_rows = std::min(kSlabRows, ceil_div(args.rows, tiles.rows) * tiles.rows);
  float* packed_x = reinterpret_cast<float*>(pool.scratch(-1, bytes_of(panels * tiles.tokens * args.cols)));
  if (packed_x == nullptr) return false;
  const TiledCall call = {args, kernels, tiles, slab_rows, panels, packed_x};

  const int64_t slab_floats = slab_rows * kDepth, product_floats = slab_rows * panels * tiles.tokens;
  const size_t own_bytes = bytes_of(slab_floats + product_floats);
  std::atomic<bool> out_of_memory{false};

  pool.parallel(panels, 1, [&](int64_t begin, int64_t end, int) {
    for (int64_t panel = begin; panel < end; panel++) pack_token_panel(call, panel);
  });
  pool.parallel(args.rows, slab_rows, [&](int64_t begin, int64_t end, int worker) {
    float* own = reinterpret_cast<float*>(pool.scratch(worker, own_bytes));
    if (own == nullptr) return out_of_memory.store(true);
    // A pool of one thread hands all rows over at once.
    for (int64_t row = begin; row < end; row += slab_rows) {
      multiply_slab(call, row, std::min(row + slab_rows, end), own, own + slab_floats);
    }
  });
  return !out_of_memory.load();
}

}  // namespace hearth
