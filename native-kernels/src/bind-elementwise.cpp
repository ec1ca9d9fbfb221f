#include <cmath>

#include "bindings.h"
#include "call.h"
#include "rope-table.h"
#include "share-rows.h"
#include "stored-type.h"
#include "typed-array.h"

namespace hearth {
namespace {

// A norm's weights or a bias: F32, BF16 or F16.
int plain_type(Call& call, size_t i) {
  const int64_t type = call.whole(i, "type", 0, kNativeTypes - 1);
  if (type >= kPlainTypes) call.refuse("type", "must be f32, bf16 or f16 here");
  return call.ok() ? static_cast<int>(type) : 0;
}

napi_value rms_norm(napi_env env, napi_callback_info info) {
  Call call(env, info, "rmsNorm");
  const int64_t x_stride = call.whole(2, "xStride"), y_stride = call.whole(9, "yStride");
  const int64_t rows = call.whole(10, "rows", 1, INT32_MAX), n = call.whole(11, "n", 1, INT32_MAX);
  const int type = plain_type(call, 3);
  const float eps = call.finite(6, "eps");
  if (eps < 0) call.refuse("eps", "must not be negative");
  const float* x = call.rows(0, "x", rows, x_stride, n);
  const uint8_t* w = call.bytes(4, "w", n * (type == 0 ? 4 : 2), Access::Read);
  float* y = call.writable_rows(7, "y", rows, y_stride, n);
  if (!call.ok()) return call.done();
  const auto kernel = call.environment().elementwise->rms_norm[type];
  share_rows(call, rows, n, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) kernel(x + i * x_stride, w, eps, y + i * y_stride, n);
  });
  return call.done();
}

napi_value rope_table(napi_env env, napi_callback_info info) {
  Call call(env, info, "ropeTable");
  const int64_t half = call.whole(2, "halfDim", 1, INT32_MAX), start = call.whole(3, "startPosition", 0, INT32_MAX);
  const int64_t tokens = call.whole(4, "tokens", 1, INT32_MAX);
  const float* frequencies = call.floats(0, "frequencies", half);
  float* table = call.writable_floats(5, "table", saturating_product(tokens, 2 * half));
  if (!call.ok()) return call.done();
  // A cosine costs as much as some sixteen plain operations.
  share_rows(call, tokens, half * 16, [=](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; t++) fill_rope_row(frequencies, half, start + t, table + t * 2 * half);
  });
  return call.done();
}

napi_value rope(napi_env env, napi_callback_info info) {
  Call call(env, info, "rope");
  const int64_t stride = call.whole(2, "xStride"), tokens = call.whole(3, "tokens", 1, INT32_MAX);
  const int64_t heads = call.whole(4, "heads", 1, INT32_MAX), head_dim = call.whole(5, "headDim", 2, 1 << 20);
  const int64_t style = call.whole(8, "style", 0, 1);
  if (head_dim % 2 != 0) call.refuse("headDim", "must be even");
  const int64_t n = heads * head_dim;
  float* x = call.writable_rows(0, "x", tokens, stride, n);
  const float* table = call.floats(6, "table", saturating_product(tokens, head_dim));
  if (!call.ok()) return call.done();
  const auto kernel = call.environment().elementwise->rope[style];
  share_rows(call, tokens, n, [=](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; t++) kernel(x + t * stride, table + t * head_dim, heads, head_dim);
  });
  return call.done();
}

napi_value silu_gate(napi_env env, napi_callback_info info) {
  Call call(env, info, "siluGate");
  const int64_t gate_stride = call.whole(2, "gateStride"), up_stride = call.whole(5, "upStride");
  const int64_t out_stride = call.whole(8, "outStride");
  const int64_t tokens = call.whole(9, "tokens", 1, INT32_MAX), n = call.whole(10, "n", 1, INT32_MAX);
  const float* gate = call.rows(0, "gate", tokens, gate_stride, n);
  const float* up = call.rows(3, "up", tokens, up_stride, n);
  float* out = call.writable_rows(6, "out", tokens, out_stride, n);
  if (!call.ok()) return call.done();
  const auto kernel = call.environment().elementwise->silu_gate;
  // An exponential costs as much as some eight plain operations.
  share_rows(call, tokens, n * 8, [=](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; t++) {
      kernel(gate + t * gate_stride, up + t * up_stride, out + t * out_stride, n);
    }
  });
  return call.done();
}

napi_value add(napi_env env, napi_callback_info info) {
  Call call(env, info, "add");
  const int64_t n = call.whole(4, "n", 1);
  float* y = call.writable_floats(0, "y", n);
  const float* x = call.floats(2, "x", n);
  if (!call.ok()) return call.done();
  const auto kernel = call.environment().elementwise->add;
  share_stretch(call, n, [=](int64_t begin, int64_t end) { kernel(y + begin, x + begin, end - begin); });
  return call.done();
}

napi_value add_bytes(napi_env env, napi_callback_info info) {
  Call call(env, info, "addBytes");
  const TypedArray x = typed_array(call, 2, "bytes");
  if (x.bytes % 4 != 0) call.refuse("bytes", "must hold whole floats");
  const int64_t n = x.bytes / 4;
  float* y = call.writable_floats(0, "y", n);
  if (!call.ok() || n == 0) return call.done();
  const auto kernel = call.environment().elementwise->add_bytes;
  share_stretch(call, n, [=](int64_t begin, int64_t end) { kernel(y + begin, x.data + begin * 4, end - begin); });
  return call.done();
}

napi_value add_bias(napi_env env, napi_callback_info info) {
  Call call(env, info, "addBias");
  const int64_t stride = call.whole(2, "yStride"), tokens = call.whole(6, "tokens", 1, INT32_MAX);
  const int64_t n = call.whole(7, "n", 1, INT32_MAX);
  const int type = plain_type(call, 3);
  float* y = call.writable_rows(0, "y", tokens, stride, n);
  const uint8_t* bias = call.bytes(4, "bias", n * (type == 0 ? 4 : 2), Access::Read);
  if (!call.ok()) return call.done();
  const auto kernel = call.environment().elementwise->add_bias[type];
  share_rows(call, tokens, n, [=](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; t++) kernel(y + t * stride, bias, n);
  });
  return call.done();
}

napi_value softmax(napi_env env, napi_callback_info info) {
  Call call(env, info, "softmax");
  const int64_t stride = call.whole(2, "xStride"), rows = call.whole(3, "rows", 1, INT32_MAX);
  const int64_t n = call.whole(4, "n", 1, INT32_MAX);
  float* x = call.writable_rows(0, "x", rows, stride, n);
  if (!call.ok()) return call.done();
  const auto kernel = call.environment().elementwise->softmax;
  share_rows(call, rows, n, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) kernel(x + i * stride, n);
  });
  return call.done();
}

}  // namespace

napi_status bind_elementwise(napi_env env, napi_value exports, Environment* environment) {
  const napi_property_descriptor entries[] = {
      entry<rms_norm>("rmsNorm", environment),   entry<rope_table>("ropeTable", environment),
      entry<rope>("rope", environment),          entry<silu_gate>("siluGate", environment),
      entry<add>("add", environment),            entry<add_bytes>("addBytes", environment),
      entry<add_bias>("addBias", environment),   entry<softmax>("softmax", environment),
  };
  return napi_define_properties(env, exports, sizeof(entries) / sizeof(entries[0]), entries);
}

}  // namespace hearth
