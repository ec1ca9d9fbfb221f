#include <algorithm>
#include <atomic>
#include <chrono>

#include "bindings.h"
#include "call.h"

namespace hearth {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

constexpr int64_t kChunk = int64_t{1} << 20;

// One pass over all bytes on all threads; what was read is kept, so that reading cannot be left out.
double read_once(ThreadPool& pool, const ElementwiseKernels& kernels, const Memory& memory,
                 std::atomic<uint32_t>& seen) {
  const Clock::time_point start = Clock::now();
  pool.parallel(memory.bytes() / kChunk, 1, [&](int64_t begin, int64_t end, int) {
    seen.fetch_xor(kernels.read_bytes(memory.data() + begin * kChunk, (end - begin) * kChunk));
  });
  return seconds_since(start);
}

napi_value measure_read_bandwidth(napi_env env, napi_callback_info info) {
  Call call(env, info, "measureReadBandwidth");
  const int64_t bytes = call.whole(0, "bytes", kChunk, int64_t{1} << 40) / kChunk * kChunk;
  const int64_t rounds = call.whole(1, "rounds", 1, 1000);
  ThreadPool* pool = call.ok() ? call.environment().pool(call.failure()) : nullptr;
  Memory* memory = pool == nullptr ? nullptr : Memory::allocate(bytes, call.environment().counts, call.failure());
  if (memory == nullptr) return call.done();
  // Every page is written once: untouched pages would all be one page of zeroes.
  pool->parallel(bytes / kPage, 256, [&](int64_t begin, int64_t end, int) {
    for (int64_t page = begin; page < end; page++) memory->data()[page * kPage] = static_cast<uint8_t>(page | 1);
  });
  std::atomic<uint32_t> seen{0};
  double best = 1e30;
  for (int64_t i = 0; i < rounds; i++) {
    best = std::min(best, read_once(*pool, *call.environment().elementwise, *memory, seen));
  }
  volatile uint32_t kept = seen.load();
  (void)kept;
  memory->release();
  return call.done_with(static_cast<double>(bytes) / best);
}

napi_value measure_native_call(napi_env env, napi_callback_info info) {
  Call call(env, info, "measureNativeCall");
  const int64_t calls = call.whole(0, "calls", 1, int64_t{1} << 40);
  if (!call.ok()) return call.done();
  constexpr int64_t kValues = 8;
  float x[kValues], y[kValues], w[kValues];
  for (int64_t i = 0; i < kValues; i++) x[i] = w[i] = static_cast<float>(i + 1);
  // Through a pointer that the compiler must read again each time, as the entry from JavaScript does.
  const auto volatile kernel = call.environment().elementwise->rms_norm[0];
  const Clock::time_point start = Clock::now();
  for (int64_t i = 0; i < calls; i++) kernel(x, reinterpret_cast<const uint8_t*>(w), 1e-5f, y, kValues);
  return call.done_with(seconds_since(start) * 1e9 / static_cast<double>(calls));
}

}  // namespace

napi_status bind_measuring(napi_env env, napi_value exports, Environment* environment) {
  const napi_property_descriptor entries[] = {
      entry<measure_read_bandwidth>("measureReadBandwidth", environment),
      entry<measure_native_call>("measureNativeCall", environment),
  };
  return napi_define_properties(env, exports, 2, entries);
}

}  // namespace hearth
