#include "environment.h"

#include <algorithm>

#include "cpu-features.h"

namespace hearth {

Environment::Environment() : threads_(physical_cores()) { set_instruction_set(best_instruction_set()); }

Environment::~Environment() {
  handles.for_each(HandleKind::Loader, [](void* loader) { delete static_cast<LoaderHandle*>(loader); });
  handles.for_each(HandleKind::Memory, [](void* memory) { static_cast<Memory*>(memory)->release(); });
  handles.for_each(HandleKind::File, [](void* file) { static_cast<WeightFile*>(file)->release(); });
}

ThreadPool* Environment::pool(Failure& failure) {
  if (pool_ != nullptr) return pool_.get();
  try {
    pool_.reset(new ThreadPool(threads_));
  } catch (...) {
    failure.set(FailureCode::OutOfMemory, "The system refused %d threads: ask for fewer.", threads_);
  }
  return pool_.get();
}

void Environment::set_threads(int threads) {
  if (threads != threads_) pool_.reset();
  threads_ = threads;
}

int64_t Environment::scratch_bytes() const {
  const int64_t pool = pool_ == nullptr ? 0 : static_cast<int64_t>(pool_->scratch_bytes());
  return pool + bounce.bytes();
}

void Environment::set_instruction_set(InstructionSet chosen) {
  set = chosen;
  elementwise = &elementwise_kernels(chosen);
  attention = &attention_kernels(chosen);
}

bool Environment::prepare_notifications(napi_env env) {
  if (notification_ != nullptr) return true;
  napi_value name;
  napi_create_string_utf8(env, "hearth loader", NAPI_AUTO_LENGTH, &name);
  napi_threadsafe_function made = nullptr;
  const napi_status status = napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, this,
                                                             on_notification, &made);
  if (status != napi_ok) return false;
  napi_unref_threadsafe_function(env, made);
  notification_ = made;
  // Hooks run last-come first: the reading threads end before the function they call goes.
  napi_add_env_cleanup_hook(env, on_teardown, this);
  return true;
}

void Environment::on_teardown(void* data) {
  Environment* environment = static_cast<Environment*>(data);
  environment->handles.for_each(HandleKind::Loader,
                                [](void* loader) { static_cast<LoaderHandle*>(loader)->loader.reset(); });
  napi_release_threadsafe_function(environment->notification_, napi_tsfn_abort);
  environment->notification_ = nullptr;
}

void Environment::notify(void* data) {
  napi_call_threadsafe_function(static_cast<Environment*>(data)->notification_, nullptr, napi_tsfn_nonblocking);
}

void Environment::on_notification(napi_env env, napi_value, void* environment, void*) {
  if (env != nullptr) static_cast<Environment*>(environment)->settle_waits(env);
}

void Environment::settle_waits(napi_env env) {
  handles.for_each(HandleKind::Loader, [&](void* loader) { settle(env, *static_cast<LoaderHandle*>(loader)); });
}

void Environment::settle(napi_env env, LoaderHandle& handle) {
  const LoaderProgress progress = handle.loader->progress();
  int64_t next = INT64_MAX;
  std::vector<LoaderHandle::Wait> left;
  for (const LoaderHandle::Wait& wait : handle.waits) {
    if (wait.ticket <= progress.completed) {
      napi_value nothing;
      napi_get_undefined(env, &nothing);
      napi_resolve_deferred(env, wait.deferred, nothing);
    } else if (progress.failed) {
      napi_reject_deferred(env, wait.deferred, make_error(env, progress.failure));
    } else {
      left.push_back(wait);
      next = std::min(next, wait.ticket);
    }
  }
  handle.waits.swap(left);
  handle.loader->await(next);

  size_t waiting = 0;
  handles.for_each(HandleKind::Loader,
                   [&](void* other) { waiting += static_cast<LoaderHandle*>(other)->waits.size(); });
  if (waiting > 0 && waiting_ == 0) napi_ref_threadsafe_function(env, notification_);
  if (waiting == 0 && waiting_ > 0) napi_unref_threadsafe_function(env, notification_);
  waiting_ = waiting;
}

void Environment::close_loader(napi_env env, LoaderHandle* handle) {
  const LoaderProgress progress = handle->loader->progress();
  handle->loader.reset();
  Failure cancelled = progress.failure;
  cancelled.set(FailureCode::Cancelled, "The read was cancelled: its loader was closed.");
  for (const LoaderHandle::Wait& wait : handle->waits) {
    napi_reject_deferred(env, wait.deferred, make_error(env, cancelled));
  }
  waiting_ -= handle->waits.size();
  if (!handle->waits.empty() && waiting_ == 0) napi_unref_threadsafe_function(env, notification_);
  delete handle;
}

napi_value make_error(napi_env env, const Failure& failure) {
  napi_value code, sentence, error = nullptr;
  const char* name = failure_code_name(failure.code);
  napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &code);
  napi_create_string_utf8(env, failure.sentence, NAPI_AUTO_LENGTH, &sentence);
  napi_create_error(env, code, sentence, &error);
  return error;
}

}  // namespace hearth
