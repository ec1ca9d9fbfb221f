#include "call.h"

#include <cmath>

namespace hearth {

float Call::finite(size_t i, const char* name) {
  const float value = static_cast<float>(number(i, name));
  if (!std::isfinite(value)) refuse(name, "must be a finite number");
  return value;
}

bool Call::boolean(size_t i, const char* name) {
  bool value = false;
  if (napi_get_value_bool(env_, arguments_[i], &value) != napi_ok) refuse(name, "must be true or false");
  return value;
}

std::string Call::text(size_t i, const char* name) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env_, arguments_[i], nullptr, 0, &length) != napi_ok) {
    refuse(name, "must be a string");
    return std::string();
  }
  std::string value(length + 1, '\0');
  napi_get_value_string_utf8(env_, arguments_[i], &value[0], length + 1, &length);
  value.resize(length);
  if (value.find('\0') != std::string::npos) refuse(name, "must not hold a zero character");
  return value;
}

void* Call::object(size_t i, HandleKind kind, const char* what) {
  if (failure_) return nullptr;
  double handle = 0;
  napi_get_value_double(env_, arguments_[i], &handle);  // What is no number is no handle either.
  void* found = environment_->handles.find(kind, handle);
  if (found == nullptr) {
    failure_.set(FailureCode::BadHandle, "%s: not a live %s handle; it was freed, or never given out.", function_,
                 what);
  }
  return found;
}

uint8_t* Call::bytes(size_t i, const char* name, int64_t bytes, Access access) {
  Memory* memory = this->memory(i);
  const int64_t offset = whole(i + 1, name);
  if (!ok()) return nullptr;
  if (bytes > memory->bytes() || offset > memory->bytes() - bytes) {
    refuse_bounds(name, offset, bytes, memory->bytes());
    return nullptr;
  }
  if (access == Access::Write && !memory->writable()) {
    refuse(name, "is a read-only mapping");
    return nullptr;
  }
  return memory->data() + offset;
}

uint8_t* Call::aligned(size_t i, const char* name, int64_t count, Access access) {
  uint8_t* address = bytes(i, name, saturating_product(count, 4), access);
  if (reinterpret_cast<uintptr_t>(address) % 4 != 0) refuse(name, "must start at a multiple of 4 bytes");
  return address;
}

void Call::refuse_range(const char* name, int64_t least, int64_t most) {
  failure_.set(FailureCode::BadArgument, "%s: %s must be a whole number from %lld to %lld.", function_, name,
               static_cast<long long>(least), static_cast<long long>(most));
}

void Call::refuse_bounds(const char* name, int64_t offset, int64_t bytes, int64_t size) {
  failure_.set(FailureCode::OutOfBounds, "%s: %s needs %lld bytes from %lld in a memory of %lld.", function_, name,
               static_cast<long long>(bytes), static_cast<long long>(offset), static_cast<long long>(size));
}

}  // namespace hearth
