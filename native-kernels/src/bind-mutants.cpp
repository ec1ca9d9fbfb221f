#include "mutants.h"

#ifdef HEARTH_MUTANTS
#include "bindings.h"
#include "call.h"

namespace hearth {
namespace {

#define HEARTH_MUTANT_NAME(NAME) #NAME,
const char* const kNames[] = {"", HEARTH_MUTANTS_LIST(HEARTH_MUTANT_NAME)};
#undef HEARTH_MUTANT_NAME

constexpr int kCount = static_cast<int>(Mutant::Count);

napi_value set_mutant(napi_env env, napi_callback_info info) {
  Call call(env, info, "setMutant");
  napi_valuetype type;
  napi_typeof(env, call.argument(0), &type);
  active_mutant = Mutant::None;
  if (type == napi_null) return call.done();
  const std::string name = call.text(0, "name");
  for (int i = 1; i < kCount; i++) {
    if (name == kNames[i]) active_mutant = static_cast<Mutant>(i);
  }
  if (active_mutant == Mutant::None) call.refuse("name", "is not one of mutantNames()");
  return call.done();
}

napi_value mutant_names(napi_env env, napi_callback_info info) {
  Call call(env, info, "mutantNames");
  napi_value result = nullptr;
  napi_create_array(env, &result);
  for (int i = 1; i < kCount; i++) {
    napi_value name = nullptr;
    napi_create_string_utf8(env, kNames[i], NAPI_AUTO_LENGTH, &name);
    napi_set_element(env, result, static_cast<uint32_t>(i - 1), name);
  }
  return call.done(result);
}

}  // namespace

napi_status bind_mutants(napi_env env, napi_value exports, Environment* environment) {
  const napi_property_descriptor entries[] = {
      entry<set_mutant>("setMutant", environment),
      entry<mutant_names>("mutantNames", environment),
  };
  return napi_define_properties(env, exports, 2, entries);
}

}  // namespace hearth
#endif
