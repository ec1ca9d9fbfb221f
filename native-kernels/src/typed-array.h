// A typed array's bytes, for as long as the call lasts.
#pragma once
#include "call.h"

namespace hearth {

struct TypedArray {
  uint8_t* data = nullptr;
  int64_t length = 0;  // elements
  int64_t bytes = 0;
  napi_typedarray_type type = napi_uint8_array;
};

// Uint8Array (and Node's Buffer), Float32Array or Int32Array; anything else is refused.
inline TypedArray typed_array(Call& call, size_t i, const char* name) {
  TypedArray array;
  size_t length = 0;
  void* data = nullptr;
  const napi_status status =
      napi_get_typedarray_info(call.env(), call.argument(i), &array.type, &length, &data, nullptr, nullptr);
  const bool bytes = array.type == napi_uint8_array;
  if (status != napi_ok || !(bytes || array.type == napi_float32_array || array.type == napi_int32_array)) {
    call.refuse(name, "must be a Uint8Array, Float32Array or Int32Array");
    return array;
  }
  array.data = static_cast<uint8_t*>(data);
  array.length = static_cast<int64_t>(length);
  array.bytes = array.length * (bytes ? 1 : 4);
  return array;
}

}  // namespace hearth
