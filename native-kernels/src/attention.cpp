#include "attention.h"

#include <algorithm>
#include <atomic>

#include "thread-pool.h"

namespace hearth {
namespace {

// Below this many multiplications a call is over sooner than another thread is awake.
constexpr int64_t kInlineWork = 1 << 16;

int64_t cache_bytes(CacheType type, int64_t values) { return values * (type == CacheType::F32 ? 4 : 2); }

// The query heads [begin, end) that read KV head `kv`: those with floor(h * kv_heads / heads) == kv.
int64_t first_head_of(int64_t kv, const AttentionArgs& args) {
  return (kv * args.heads + args.kv_heads - 1) / args.kv_heads;
}

AttentionTile tile_of(const AttentionArgs& args, int64_t kv, int64_t first_token, int64_t tokens) {
  const int64_t head = first_head_of(kv, args), group = first_head_of(kv + 1, args) - head;
  const int64_t cache_start = cache_bytes(args.type, kv * args.capacity * args.head_dim);
  AttentionTile tile;
  tile.q = args.q + first_token * args.q_stride + head * args.head_dim;
  tile.q_stride = args.q_stride;
  tile.out = args.out + first_token * args.out_stride + head * args.head_dim;
  tile.out_stride = args.out_stride;
  tile.k = args.k + cache_start;
  tile.v = args.v + cache_start;
  tile.tokens = tokens;
  tile.group = group;
  tile.head_dim = args.head_dim;
  tile.first_position = args.start_position + first_token;
  tile.window = args.window;
  tile.scale = args.scale;
  return tile;
}

// Query head `i` of a tile, as a tile of its own.
AttentionTile one_head(AttentionTile tile, int64_t i) {
  tile.q += i * tile.head_dim;
  tile.out += i * tile.head_dim;
  tile.group = i < tile.group ? 1 : 0;
  return tile;
}

}  // namespace

bool attention(ThreadPool& pool, const AttentionKernels& kernels, const AttentionArgs& args) {
  const int64_t group = (args.heads + args.kv_heads - 1) / args.kv_heads;
  const int64_t tile_tokens = std::max<int64_t>(1, kernels.rows_of_tile / group);
  const int64_t token_tiles = (args.tokens + tile_tokens - 1) / tile_tokens;
  // KV heads that the threads cannot share evenly are split into their query heads: of three, one of two threads would
  // take two while the other waits.
  const bool split = args.tokens == 1 && group <= kFewRows && args.kv_heads % pool.threads() != 0;
  const int64_t parts = split ? group : 1, tiles = args.kv_heads * token_tiles * parts;
  const int64_t positions = args.start_position + args.tokens;
  const int64_t sight = args.window > 0 ? std::min(positions, args.window + args.tokens) : positions;
  const bool small = static_cast<double>(sight) * args.tokens * args.heads * args.head_dim < kInlineWork;

  std::atomic<bool> out_of_memory{false};
  // The last tokens see the most: their tiles go first, so that no thread is left with a long one at the end.
  pool.parallel(tiles, small ? tiles : 1, [&](int64_t begin, int64_t end, int worker) {
    for (int64_t i = begin; i < end; i++) {
      const int64_t whole = i / parts;
      const int64_t first_token = (token_tiles - 1 - whole / args.kv_heads) * tile_tokens;
      const int64_t tokens = std::min(tile_tokens, args.tokens - first_token);
      AttentionTile tile = tile_of(args, whole % args.kv_heads, first_token, tokens);
      if (split) tile = one_head(tile, i % parts);
      if (tile.group == 0) continue;
      uint8_t* scratch = pool.scratch(worker, static_cast<size_t>(kernels.scratch(tile) + 1) * sizeof(float));
      if (scratch == nullptr) {
        out_of_memory.store(true);
        return;
      }
      kernels.attend[static_cast<int>(args.type)](tile, reinterpret_cast<float*>(scratch));
    }
  });
  return !out_of_memory.load();
}

}  // namespace hearth
