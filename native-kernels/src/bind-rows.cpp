// Rows of tables, conversions between types, and the choice among logits.
#include "bindings.h"
#include "call.h"
#include "convert.h"
#include "share-rows.h"
#include "top-k.h"
#include "typed-array.h"

namespace hearth {
namespace {

napi_value widen_row(napi_env env, napi_callback_info info) {
  Call call(env, info, "widenRow");
  const int64_t type = call.whole(0, "type", 0, kNativeTypes - 1);
  const int64_t row = call.whole(3, "row", 0, INT32_MAX), cols = call.whole(4, "cols", 1, INT32_MAX);
  const StoredLayout layout = stored_layout(type);
  if (cols % layout.block_values != 0) call.refuse("cols", "must be a multiple of 32 for this type");
  const int64_t row_bytes = stored_bytes(layout, cols);
  const uint8_t* table = call.bytes(1, "table", saturating_product(row + 1, row_bytes), Access::Read);
  float* y = call.writable_floats(5, "y", cols);
  if (call.ok()) call.environment().elementwise->widen[type](table + row * row_bytes, y, cols);
  return call.done();
}

int64_t existing_type(Call& call, size_t i, const char* name, int64_t most) {
  const int64_t type = call.whole(i, name, 0, most);
  if (stored_layout(type).block_values != 0) return type;
  call.refuse(name, "is not a type that can be converted");
  return 0;
}

bool overlap(const uint8_t* a, int64_t a_bytes, const uint8_t* b, int64_t b_bytes) {
  return a < b + b_bytes && b < a + a_bytes;
}

napi_value convert(napi_env env, napi_callback_info info) {
  Call call(env, info, "convert");
  ConvertArgs args;
  args.from = static_cast<StoredType>(existing_type(call, 0, "from", static_cast<int64_t>(StoredType::Q6_K)));
  args.to = static_cast<WeightType>(existing_type(call, 3, "to", kNativeTypes - 1));
  args.n = call.whole(6, "n", 1, int64_t{1} << 45);
  const StoredLayout from = stored_layout(static_cast<int64_t>(args.from));
  const StoredLayout to = stored_layout(static_cast<int64_t>(args.to));
  const int64_t unit = std::max(from.block_values, to.block_values);
  if (args.n % unit != 0) call.refuse("n", "must be a multiple of the block sizes involved");
  const int64_t src_bytes = stored_bytes(from, args.n), dst_bytes = stored_bytes(to, args.n);
  args.src = call.bytes(1, "src", src_bytes, Access::Read);
  args.dst = call.bytes(4, "dst", dst_bytes, Access::Write);
  if (call.ok() && overlap(args.src, src_bytes, args.dst, dst_bytes)) call.refuse("dst", "must not overlap src");
  if (!call.ok()) return call.done();
  const ElementwiseKernels& kernels = *call.environment().elementwise;
  share_stretch(call, args.n, [&](int64_t begin, int64_t end) { convert_part(kernels, args, begin, end); });
  return call.done();
}

napi_value argmax(napi_env env, napi_callback_info info) {
  Call call(env, info, "argmax");
  const int64_t n = call.whole(2, "n", 1);
  const float* x = call.floats(0, "x", n);
  if (!call.ok()) return call.done();
  return call.done_with(static_cast<double>(call.environment().elementwise->argmax(x, n)));
}

napi_value bind_top_k(napi_env env, napi_callback_info info) {
  Call call(env, info, "topK");
  const int64_t n = call.whole(2, "n", 1, INT32_MAX), k = call.whole(3, "k", 1, INT32_MAX);
  const float* x = call.floats(0, "x", n);
  const TypedArray indices = typed_array(call, 4, "indices"), values = typed_array(call, 5, "values");
  if (indices.type != napi_int32_array) call.refuse("indices", "must be an Int32Array");
  if (values.type != napi_float32_array) call.refuse("values", "must be a Float32Array");
  if (k > n) call.refuse("k", "must not be larger than n");
  if (k > indices.length || k > values.length) call.refuse("indices and values", "must have room for k");
  if (call.ok()) {
    top_k(x, n, k, reinterpret_cast<int32_t*>(indices.data), reinterpret_cast<float*>(values.data));
  }
  return call.done();
}

}  // namespace

napi_status bind_rows(napi_env env, napi_value exports, Environment* environment) {
  const napi_property_descriptor entries[] = {
      entry<widen_row>("widenRow", environment),
      entry<convert>("convert", environment),
      entry<argmax>("argmax", environment),
      entry<bind_top_k>("topK", environment),
  };
  return napi_define_properties(env, exports, sizeof(entries) / sizeof(entries[0]), entries);
}

}  // namespace hearth
