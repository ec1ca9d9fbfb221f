// One call from JavaScript: its arguments, checked one by one. The first bad one is kept and thrown at the end.
#pragma once
#include <node_api.h>

#include <new>

#include "environment.h"

namespace hearth {

enum class Access { Read, Write };

// a * b, both at least 0, or a number no memory can hold.
inline int64_t saturating_product(int64_t a, int64_t b) {
  constexpr int64_t kHuge = int64_t{1} << 61;
  if (((a | b) >> 30) == 0) return a * b;
  return a != 0 && b > kHuge / a ? kHuge : a * b;
}

// Elements from the first of the first row to the last of the last, in rows of n, `stride` apart.
inline int64_t span_of_rows(int64_t rows, int64_t stride, int64_t n) {
  return rows == 0 ? 0 : saturating_product(rows - 1, stride) + n;
}

class Call {
 public:
  static constexpr size_t kMaxArguments = 20;

  Call(napi_env env, napi_callback_info info, const char* function) : env_(env), function_(function) {
    size_t count = kMaxArguments;
    void* data = nullptr;
    napi_get_cb_info(env, info, &count, arguments_, nullptr, &data);
    environment_ = static_cast<Environment*>(data);
  }

  napi_env env() const { return env_; }
  Environment& environment() { return *environment_; }
  bool ok() const { return !failure_; }
  Failure& failure() { return failure_; }
  napi_value argument(size_t i) const { return arguments_[i]; }

  double number(size_t i, const char* name) {
    double value = 0;
    if (napi_get_value_double(env_, arguments_[i], &value) != napi_ok) refuse(name, "must be a number");
    return value;
  }

  // A whole number in [least, most].
  int64_t whole(size_t i, const char* name, int64_t least = 0, int64_t most = kMostWhole) {
    const double value = number(i, name);
    if (value >= static_cast<double>(least) && value <= static_cast<double>(most)) {
      const int64_t whole = static_cast<int64_t>(value);
      if (static_cast<double>(whole) == value) return whole;
    }
    refuse_range(name, least, most);
    return least;
  }

  float finite(size_t i, const char* name);
  bool boolean(size_t i, const char* name);
  std::string text(size_t i, const char* name);

  Memory* memory(size_t i) { return static_cast<Memory*>(object(i, HandleKind::Memory, "memory")); }
  WeightFile* file(size_t i) { return static_cast<WeightFile*>(object(i, HandleKind::File, "file")); }
  LoaderHandle* loader(size_t i) { return static_cast<LoaderHandle*>(object(i, HandleKind::Loader, "loader")); }

  // The address of `bytes` at (handle, byte offset) in arguments i and i + 1; nullptr when they do not lie inside.
  uint8_t* bytes(size_t i, const char* name, int64_t bytes, Access access);
  // The same for floats, whose address must be a multiple of 4.
  const float* floats(size_t i, const char* name, int64_t count) {
    return reinterpret_cast<const float*>(aligned(i, name, count, Access::Read));
  }
  float* writable_floats(size_t i, const char* name, int64_t count) {
    return reinterpret_cast<float*>(aligned(i, name, count, Access::Write));
  }
  // Floats of `rows` rows of n, `stride` floats apart: the stride must not make rows overlap.
  const float* rows(size_t i, const char* name, int64_t rows, int64_t stride, int64_t n) {
    check_stride(name, rows, stride, n);
    return floats(i, name, span_of_rows(rows, stride, n));
  }
  float* writable_rows(size_t i, const char* name, int64_t rows, int64_t stride, int64_t n) {
    check_stride(name, rows, stride, n);
    return writable_floats(i, name, span_of_rows(rows, stride, n));
  }

  // Bad argument `name`, in one sentence.
  void refuse(const char* name, const char* why) {
    failure_.set(FailureCode::BadArgument, "%s: %s %s.", function_, name, why);
  }

  // Throws what was found wrong, or returns `result`.
  napi_value done(napi_value result = nullptr) {
    if (failure_) napi_throw(env_, make_error(env_, failure_));
    return failure_ ? nullptr : result;
  }
  napi_value done_with(double value) {
    napi_value result = nullptr;
    if (ok()) napi_create_double(env_, value, &result);
    return done(result);
  }

 private:
  static constexpr int64_t kMostWhole = (int64_t{1} << 53) - 1;

  void* object(size_t i, HandleKind kind, const char* what);
  uint8_t* aligned(size_t i, const char* name, int64_t count, Access access);
  void check_stride(const char* name, int64_t rows, int64_t stride, int64_t n) {
    if (rows > 1 && stride < n) refuse(name, "has a stride shorter than its rows");
  }
  void refuse_range(const char* name, int64_t least, int64_t most);
  void refuse_bounds(const char* name, int64_t offset, int64_t bytes, int64_t size);

  napi_env env_;
  const char* function_;
  Environment* environment_;
  Failure failure_;
  napi_value arguments_[kMaxArguments];
};

// Keeps C++ exceptions (memory, threads) from crossing into JavaScript.
template <napi_value (*function)(napi_env, napi_callback_info)>
napi_value guarded(napi_env env, napi_callback_info info) {
  try {
    return function(env, info);
  } catch (const std::bad_alloc&) {
    napi_throw_error(env, "KERNEL_OUT_OF_MEMORY", "The system is out of memory.");
  } catch (...) {
    napi_throw_error(env, "KERNEL_OUT_OF_MEMORY", "The system refused a thread or a lock.");
  }
  return nullptr;
}

// Puts a function on the exports; its environment comes with each call.
template <napi_value (*function)(napi_env, napi_callback_info)>
napi_property_descriptor entry(const char* name, Environment* environment) {
  return {name, nullptr, guarded<function>, nullptr, nullptr, nullptr, napi_enumerable, environment};
}

}  // namespace hearth
