// The addon's entry: one Environment for each JavaScript environment that loads it.
#include <node_api.h>

#include <new>

#include "bindings.h"
#include "environment.h"

namespace {

void destroy(napi_env, void* environment, void*) { delete static_cast<hearth::Environment*>(environment); }

hearth::Environment* make_environment() {
  try {
    return new hearth::Environment();
  } catch (...) {
    return nullptr;
  }
}

}  // namespace

NAPI_MODULE_INIT() {
  hearth::Environment* environment = make_environment();
  if (environment == nullptr || napi_set_instance_data(env, environment, destroy, nullptr) != napi_ok) {
    delete environment;
    napi_throw_error(env, "KERNEL_OUT_OF_MEMORY", "The system is out of memory.");
    return nullptr;
  }
  using Bind = napi_status (*)(napi_env, napi_value, hearth::Environment*);
  const Bind binds[] = {
      hearth::bind_memory,      hearth::bind_files,     hearth::bind_threads, hearth::bind_products,
      hearth::bind_elementwise, hearth::bind_attention, hearth::bind_rows,    hearth::bind_measuring,
#ifdef HEARTH_MUTANTS
      hearth::bind_mutants,
#endif
  };
  for (const Bind bind : binds) {
    if (bind(env, exports, environment) == napi_ok) continue;
    napi_throw_error(env, "KERNEL_BAD_ARGUMENT", "The addon could not be set up in this environment.");
    return nullptr;
  }
  return exports;
}
