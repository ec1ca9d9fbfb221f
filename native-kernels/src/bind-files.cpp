#include "bindings.h"
#include "call.h"

namespace hearth {
namespace {

constexpr int64_t kMostOffset = int64_t{1} << 52;

napi_value open_file(napi_env env, napi_callback_info info) {
  Call call(env, info, "openFile");
  const std::string path = call.text(0, "path");
  const bool direct = call.boolean(1, "direct");
  if (!call.ok()) return call.done();
  WeightFile* file = WeightFile::open(path.c_str(), direct, call.failure());
  if (file == nullptr) return call.done();
  const int64_t handle = call.environment().handles.add(HandleKind::File, file);
  if (handle == 0) {
    file->release();
    call.failure().set(FailureCode::OutOfMemory, "Too many handles are alive.");
  }
  return call.done_with(static_cast<double>(handle));
}

napi_value close_file(napi_env env, napi_callback_info info) {
  Call call(env, info, "closeFile");
  if (call.file(0) == nullptr) return call.done();
  static_cast<WeightFile*>(call.environment().handles.take(HandleKind::File, call.number(0, "file")))->release();
  return call.done();
}

napi_value read_into(napi_env env, napi_callback_info info) {
  Call call(env, info, "readInto");
  WeightFile* file = call.file(0);
  const int64_t offset = call.whole(1, "fileOffset", 0, kMostOffset);
  const int64_t bytes = call.whole(2, "bytes");
  uint8_t* into = call.bytes(3, "memory", bytes, Access::Write);
  if (call.ok()) file->read(offset, bytes, into, call.environment().bounce, call.failure());
  return call.done();
}

napi_value drop_from_cache(napi_env env, napi_callback_info info) {
  Call call(env, info, "dropFromCache");
  WeightFile* file = call.file(0);
  if (file != nullptr) file->drop_from_cache();
  return call.done();
}

napi_value create_loader(napi_env env, napi_callback_info info) {
  Call call(env, info, "createLoader");
  Environment& environment = call.environment();
  if (!environment.prepare_notifications(env)) {
    call.failure().set(FailureCode::OutOfMemory, "The system refused a loader.");
    return call.done();
  }
  LoaderHandle* loader = new LoaderHandle(Environment::notify, &environment);
  const int64_t handle = environment.handles.add(HandleKind::Loader, loader);
  if (handle == 0) {
    delete loader;
    call.failure().set(FailureCode::OutOfMemory, "Too many handles are alive.");
  }
  return call.done_with(static_cast<double>(handle));
}

napi_value submit(napi_env env, napi_callback_info info) {
  Call call(env, info, "submit");
  LoaderHandle* loader = call.loader(0);
  WeightFile* file = call.file(1);
  const int64_t file_offset = call.whole(2, "fileOffset", 0, kMostOffset);
  const int64_t bytes = call.whole(3, "bytes");
  call.bytes(4, "memory", bytes, Access::Write);
  const int64_t offset = call.whole(5, "offset");
  if (!call.ok()) return call.done();
  return call.done_with(
      static_cast<double>(loader->loader->submit(*file, file_offset, bytes, *call.memory(4), offset)));
}

napi_value completed(napi_env env, napi_callback_info info) {
  Call call(env, info, "completed");
  LoaderHandle* loader = call.loader(0);
  if (loader == nullptr) return call.done();
  const LoaderProgress progress = loader->loader->progress();
  if (progress.failed) call.failure() = progress.failure;
  return call.done_with(static_cast<double>(progress.completed));
}

napi_value wait(napi_env env, napi_callback_info info) {
  Call call(env, info, "wait");
  LoaderHandle* loader = call.loader(0);
  const int64_t ticket = call.whole(1, "ticket");
  if (!call.ok()) return call.done();
  if (ticket > loader->loader->submitted()) {
    call.refuse("ticket", "has not been given out yet");
    return call.done();
  }
  LoaderHandle::Wait wait{ticket, nullptr};
  napi_value promise;
  loader->waits.reserve(loader->waits.size() + 1);
  napi_create_promise(env, &wait.deferred, &promise);
  loader->waits.push_back(wait);
  call.environment().settle(env, *loader);
  return call.done(promise);
}

napi_value loader_stats(napi_env env, napi_callback_info info) {
  Call call(env, info, "loaderStats");
  LoaderHandle* loader = call.loader(0);
  if (loader == nullptr) return call.done();
  int64_t bytes = 0, nanoseconds = 0;
  loader->loader->rates(bytes, nanoseconds);
  napi_value result, value;
  napi_create_object(env, &result);
  napi_create_int64(env, bytes, &value);
  napi_set_named_property(env, result, "bytes", value);
  napi_create_int64(env, nanoseconds, &value);
  napi_set_named_property(env, result, "nanoseconds", value);
  return call.done(result);
}

napi_value close_loader(napi_env env, napi_callback_info info) {
  Call call(env, info, "closeLoader");
  if (call.loader(0) == nullptr) return call.done();
  Environment& environment = call.environment();
  environment.close_loader(
      env, static_cast<LoaderHandle*>(environment.handles.take(HandleKind::Loader, call.number(0, "loader"))));
  return call.done();
}

}  // namespace

napi_status bind_files(napi_env env, napi_value exports, Environment* environment) {
  const napi_property_descriptor entries[] = {
      entry<open_file>("openFile", environment),       entry<close_file>("closeFile", environment),
      entry<read_into>("readInto", environment),       entry<create_loader>("createLoader", environment),
      entry<submit>("submit", environment),            entry<completed>("completed", environment),
      entry<wait>("wait", environment),                entry<loader_stats>("loaderStats", environment),
      entry<close_loader>("closeLoader", environment), entry<drop_from_cache>("dropFromCache", environment),
  };
  return napi_define_properties(env, exports, sizeof(entries) / sizeof(entries[0]), entries);
}

}  // namespace hearth
