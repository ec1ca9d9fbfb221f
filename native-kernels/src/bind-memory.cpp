#include <cstring>

#include "bindings.h"
#include "call.h"
#include "system-pages.h"
#include "typed-array.h"

namespace hearth {
namespace {

constexpr int64_t kMostBytes = int64_t{1} << 48;

napi_value hand_out(Call& call, Memory* memory) {
  if (memory == nullptr) return call.done();
  const int64_t handle = call.environment().handles.add(HandleKind::Memory, memory);
  if (handle == 0) {
    memory->release();
    call.failure().set(FailureCode::OutOfMemory, "Too many handles are alive.");
  }
  return call.done_with(static_cast<double>(handle));
}

napi_value allocate(napi_env env, napi_callback_info info) {
  Call call(env, info, "allocate");
  const int64_t bytes = call.whole(0, "bytes", 1, kMostBytes);
  if (!call.ok()) return call.done();
  return hand_out(call, Memory::allocate(bytes, call.environment().counts, call.failure()));
}

napi_value map(napi_env env, napi_callback_info info) {
  Call call(env, info, "map");
  const std::string path = call.text(0, "path");
  const int64_t offset = call.whole(1, "offset", 0, int64_t{1} << 52);
  const int64_t bytes = call.whole(2, "bytes", 1, kMostBytes);
  if (!call.ok()) return call.done();
  return hand_out(call, Memory::map(path.c_str(), offset, bytes, call.environment().counts, call.failure()));
}

napi_value free_memory(napi_env env, napi_callback_info info) {
  Call call(env, info, "free");
  if (call.memory(0) == nullptr) return call.done();
  static_cast<Memory*>(call.environment().handles.take(HandleKind::Memory, call.number(0, "memory")))->release();
  return call.done();
}

napi_value read(napi_env env, napi_callback_info info) {
  Call call(env, info, "read");
  const TypedArray into = typed_array(call, 2, "into");
  const uint8_t* from = call.bytes(0, "memory", into.bytes, Access::Read);
  if (call.ok() && into.bytes > 0) std::memcpy(into.data, from, static_cast<size_t>(into.bytes));
  return call.done();
}

napi_value write(napi_env env, napi_callback_info info) {
  Call call(env, info, "write");
  const TypedArray from = typed_array(call, 2, "from");
  uint8_t* into = call.bytes(0, "memory", from.bytes, Access::Write);
  if (call.ok() && from.bytes > 0) std::memcpy(into, from.data, static_cast<size_t>(from.bytes));
  return call.done();
}

napi_value copy(napi_env env, napi_callback_info info) {
  Call call(env, info, "copy");
  const int64_t bytes = call.whole(4, "bytes");
  const uint8_t* from = call.bytes(0, "from", bytes, Access::Read);
  uint8_t* to = call.bytes(2, "to", bytes, Access::Write);
  if (call.ok()) std::memmove(to, from, static_cast<size_t>(bytes));
  return call.done();
}

napi_value discard(napi_env env, napi_callback_info info) {
  Call call(env, info, "discard");
  const int64_t bytes = call.whole(2, "bytes");
  call.bytes(0, "memory", bytes, Access::Write);
  const int64_t offset = call.whole(1, "offset");
  if (call.ok()) call.memory(0)->discard(offset, bytes, call.failure());
  return call.done();
}

napi_value trim_process_heap(napi_env env, napi_callback_info info) {
  Call call(env, info, "trimHeap");
  trim_heap();
  return call.done();
}

napi_value memory_stats(napi_env env, napi_callback_info info) {
  Call call(env, info, "memoryStats");
  Environment& environment = call.environment();
  const struct {
    const char* name;
    int64_t value;
  } figures[] = {
      {"allocatedBytes", environment.counts.allocated.load()},
      {"mappedBytes", environment.counts.mapped.load()},
      {"handles", environment.handles.live()},
      {"scratchBytes", environment.scratch_bytes()},
  };
  napi_value result = nullptr;
  napi_create_object(env, &result);
  for (const auto& figure : figures) {
    napi_value value = nullptr;
    napi_create_int64(env, figure.value, &value);
    napi_set_named_property(env, result, figure.name, value);
  }
  return call.done(result);
}

}  // namespace

napi_status bind_memory(napi_env env, napi_value exports, Environment* environment) {
  const napi_property_descriptor entries[] = {
      entry<allocate>("allocate", environment), entry<map>("map", environment),
      entry<free_memory>("free", environment),  entry<read>("read", environment),
      entry<write>("write", environment),       entry<copy>("copy", environment),
      entry<discard>("discard", environment),   entry<memory_stats>("memoryStats", environment),
      entry<trim_process_heap>("trimHeap", environment),
  };
  return napi_define_properties(env, exports, sizeof(entries) / sizeof(entries[0]), entries);
}

}  // namespace hearth
