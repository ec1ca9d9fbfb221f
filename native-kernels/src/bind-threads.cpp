#include "bindings.h"
#include "call.h"
#include "cpu-features.h"

namespace hearth {
namespace {

constexpr int64_t kMostThreads = 1024;

napi_value set_threads(napi_env env, napi_callback_info info) {
  Call call(env, info, "setThreads");
  const int64_t threads = call.whole(0, "threads", 1, kMostThreads);
  if (call.ok()) call.environment().set_threads(static_cast<int>(threads));
  return call.done();
}

napi_value threads(napi_env env, napi_callback_info info) {
  Call call(env, info, "threads");
  return call.done_with(call.environment().threads());
}

napi_value physical_core_count(napi_env env, napi_callback_info info) {
  Call call(env, info, "physicalCores");
  return call.done_with(physical_cores());
}

napi_value instruction_sets(napi_env env, napi_callback_info info) {
  Call call(env, info, "instructionSets");
  InstructionSet sets[kMaxInstructionSets];
  const int count = available_instruction_sets(sets);
  napi_value result = nullptr;
  napi_create_array(env, &result);
  for (int i = 0; i < count; i++) {
    napi_value name = nullptr;
    napi_create_string_utf8(env, instruction_set_name(sets[i]), NAPI_AUTO_LENGTH, &name);
    napi_set_element(env, result, static_cast<uint32_t>(i), name);
  }
  return call.done(result);
}

napi_value set_instruction_set(napi_env env, napi_callback_info info) {
  Call call(env, info, "setInstructionSet");
  const std::string name = call.text(0, "name");
  InstructionSet set = InstructionSet::Scalar;
  if (call.ok() && !find_instruction_set(name.c_str(), &set)) {
    call.refuse("name", "must be one of instructionSets()");
  }
  if (call.ok()) call.environment().set_instruction_set(set);
  return call.done();
}

}  // namespace

napi_status bind_threads(napi_env env, napi_value exports, Environment* environment) {
  const napi_property_descriptor entries[] = {
      entry<set_threads>("setThreads", environment),
      entry<threads>("threads", environment),
      entry<physical_core_count>("physicalCores", environment),
      entry<instruction_sets>("instructionSets", environment),
      entry<set_instruction_set>("setInstructionSet", environment),
  };
  return napi_define_properties(env, exports, sizeof(entries) / sizeof(entries[0]), entries);
}

}  // namespace hearth
