// Each bind-*.cpp puts its functions on the exports.
#pragma once
#include <node_api.h>

namespace hearth {

class Environment;

napi_status bind_memory(napi_env env, napi_value exports, Environment* environment);
napi_status bind_files(napi_env env, napi_value exports, Environment* environment);
napi_status bind_threads(napi_env env, napi_value exports, Environment* environment);
napi_status bind_products(napi_env env, napi_value exports, Environment* environment);
napi_status bind_elementwise(napi_env env, napi_value exports, Environment* environment);
napi_status bind_attention(napi_env env, napi_value exports, Environment* environment);
napi_status bind_rows(napi_env env, napi_value exports, Environment* environment);
napi_status bind_measuring(napi_env env, napi_value exports, Environment* environment);
napi_status bind_mutants(napi_env env, napi_value exports, Environment* environment);

}  // namespace hearth
