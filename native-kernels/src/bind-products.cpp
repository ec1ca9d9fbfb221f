#include "bindings.h"
#include "call.h"
#include "stored-type.h"

namespace hearth {
namespace {

napi_value bind_matmul(napi_env env, napi_callback_info info) {
  Call call(env, info, "matmul");
  const int64_t type = call.whole(0, "type", 0, kNativeTypes - 1);
  const StoredLayout layout = stored_layout(type);
  MatmulArgs args;
  args.type = static_cast<WeightType>(type);
  args.rows = call.whole(3, "rows", 1, INT32_MAX);
  args.cols = call.whole(4, "cols", 1, INT32_MAX);
  args.x_stride = call.whole(7, "xStride");
  args.y_stride = call.whole(10, "yStride");
  args.tokens = call.whole(11, "tokens", 1, INT32_MAX);
  if (args.cols % layout.block_values != 0) call.refuse("cols", "must be a multiple of 32 for this type");
  args.w = call.bytes(1, "w", saturating_product(args.rows, stored_bytes(layout, args.cols)), Access::Read);
  args.x = call.rows(5, "x", args.tokens, args.x_stride, args.cols);
  args.y = call.writable_rows(8, "y", args.tokens, args.y_stride, args.rows);
  if (!call.ok()) return call.done();
  ThreadPool* pool = call.environment().pool(call.failure());
  if (pool != nullptr && !matmul(*pool, call.environment().set, args)) {
    call.failure().set(FailureCode::OutOfMemory, "matmul: the system refused scratch memory.");
  }
  return call.done();
}

}  // namespace

napi_status bind_products(napi_env env, napi_value exports, Environment* environment) {
  const napi_property_descriptor entries[] = {entry<bind_matmul>("matmul", environment)};
  return napi_define_properties(env, exports, 1, entries);
}

}  // namespace hearth
