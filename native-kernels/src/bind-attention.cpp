#include "attention.h"
#include "bindings.h"
#include "call.h"
#include "share-rows.h"

namespace hearth {
namespace {

constexpr int64_t kMostHeadDim = 1 << 16;

CacheType cache_type(Call& call, size_t i) {
  const int64_t type = call.whole(i, "cacheType", 0, kNativeTypes - 1);
  const bool f32 = type == static_cast<int64_t>(WeightType::F32), f16 = type == static_cast<int64_t>(WeightType::F16);
  if (!f32 && !f16) call.refuse("cacheType", "must be f32 or f16");
  return f16 ? CacheType::F16 : CacheType::F32;
}

// Bytes of a cache (kv_heads, capacity, head_dim), up to the last position in use of the last head.
int64_t cache_bytes(CacheType type, int64_t kv_heads, int64_t capacity, int64_t head_dim, int64_t positions) {
  const int64_t rows = saturating_product(kv_heads - 1, capacity) + positions;
  return saturating_product(rows, head_dim * (type == CacheType::F32 ? 4 : 2));
}

napi_value store_kv(napi_env env, napi_callback_info info) {
  Call call(env, info, "storeKv");
  const int64_t stride = call.whole(2, "xStride"), tokens = call.whole(3, "tokens", 1, INT32_MAX);
  const int64_t start = call.whole(4, "startPosition", 0, INT32_MAX);
  const int64_t kv_heads = call.whole(5, "kvHeads", 1, 1 << 20), head_dim = call.whole(6, "headDim", 1, kMostHeadDim);
  const CacheType type = cache_type(call, 7);
  const int64_t capacity = call.whole(10, "capacity", 1, INT32_MAX);
  if (start + tokens > capacity) call.refuse("tokens", "reach beyond the cache's capacity");
  const float* x = call.rows(0, "x", tokens, stride, kv_heads * head_dim);
  uint8_t* cache =
      call.bytes(8, "cache", cache_bytes(type, kv_heads, capacity, head_dim, start + tokens), Access::Write);
  if (!call.ok()) return call.done();
  const auto kernel = call.environment().attention->store[static_cast<int>(type)];
  const int64_t value_bytes = type == CacheType::F32 ? 4 : 2;
  share_rows(call, tokens, kv_heads * head_dim, [=](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; t++) {
      for (int64_t h = 0; h < kv_heads; h++) {
        const int64_t row = h * capacity + start + t;
        kernel(x + t * stride + h * head_dim, cache + row * head_dim * value_bytes, head_dim);
      }
    }
  });
  return call.done();
}

napi_value attend(napi_env env, napi_callback_info info) {
  Call call(env, info, "attention");
  AttentionArgs args;
  args.q_stride = call.whole(2, "qStride");
  args.type = cache_type(call, 3);
  args.out_stride = call.whole(10, "outStride");
  args.tokens = call.whole(11, "tokens", 1, INT32_MAX);
  args.start_position = call.whole(12, "startPosition", 0, INT32_MAX);
  args.heads = call.whole(13, "heads", 1, 1 << 20);
  args.kv_heads = call.whole(14, "kvHeads", 1, 1 << 20);
  args.head_dim = call.whole(15, "headDim", 1, kMostHeadDim);
  args.capacity = call.whole(16, "capacity", 1, INT32_MAX);
  args.window = call.whole(17, "slidingWindow", 0, INT32_MAX);
  args.scale = call.finite(18, "scale");
  const int64_t positions = args.start_position + args.tokens, n = args.heads * args.head_dim;
  if (positions > args.capacity) call.refuse("tokens", "reach beyond the cache's capacity");
  const int64_t bytes = cache_bytes(args.type, args.kv_heads, args.capacity, args.head_dim, positions);
  args.q = call.rows(0, "q", args.tokens, args.q_stride, n);
  args.k = call.bytes(4, "k", bytes, Access::Read);
  args.v = call.bytes(6, "v", bytes, Access::Read);
  args.out = call.writable_rows(8, "out", args.tokens, args.out_stride, n);
  if (!call.ok()) return call.done();
  // The kernels read an F32 cache as floats in place.
  const uintptr_t misaligned = reinterpret_cast<uintptr_t>(args.k) | reinterpret_cast<uintptr_t>(args.v);
  if (misaligned % (args.type == CacheType::F32 ? 4 : 2) != 0) call.refuse("k and v", "must be aligned to their type");
  ThreadPool* pool = call.ok() ? call.environment().pool(call.failure()) : nullptr;
  if (pool != nullptr && !attention(*pool, *call.environment().attention, args)) {
    call.failure().set(FailureCode::OutOfMemory, "attention: the system refused scratch memory.");
  }
  return call.done();
}

}  // namespace

napi_status bind_attention(napi_env env, napi_value exports, Environment* environment) {
  const napi_property_descriptor entries[] = {
      entry<store_kv>("storeKv", environment),
      entry<attend>("attention", environment),
  };
  return napi_define_properties(env, exports, 2, entries);
}

}  // namespace hearth
