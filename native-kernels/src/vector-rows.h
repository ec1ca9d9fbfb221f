// Walking over a row vector by vector. Included behind a vector-*.h.
// The last, partial vector of a row goes through a buffer and the same instructions, so that an element's result does
// not depend on where in a row it stands.
#pragma once
#include <math.h>

#include <cstdint>
#include <cstring>

namespace hearth {
namespace {

struct F32 {
  static constexpr int64_t kBytes = 4;
  static Vec at(const uint8_t* p) { return load_bytes(p); }
};
struct Bf16 {
  static constexpr int64_t kBytes = 2;
  static Vec at(const uint8_t* p) { return load_bf16(p); }
};
struct F16 {
  static constexpr int64_t kBytes = 2;
  static Vec at(const uint8_t* p) { return load_f16(p); }
};

// The first `count` values from p, the rest 0.
template <typename Type>
Vec part_at(const uint8_t* p, int64_t count) {
  uint8_t buffer[kLanes * 4] = {0};
  std::memcpy(buffer, p, static_cast<size_t>(count * Type::kBytes));
  return Type::at(buffer);
}

Vec load_part(const float* p, int64_t count) { return part_at<F32>(reinterpret_cast<const uint8_t*>(p), count); }

void store_part(float* p, Vec v, int64_t count) {
  float buffer[kLanes];
  store(buffer, v);
  std::memcpy(p, buffer, static_cast<size_t>(count) * sizeof(float));
}

// out[i] = f(a[i], typed b[i]) for n values.
template <typename Type, typename F>
void for_each_pair(const float* a, const uint8_t* b, float* out, int64_t n, F f) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(out + i, f(load(a + i), Type::at(b + i * Type::kBytes)));
  if (i < n) store_part(out + i, f(load_part(a + i, n - i), part_at<Type>(b + i * Type::kBytes, n - i)), n - i);
}

const uint8_t* bytes_of(const float* p) { return reinterpret_cast<const uint8_t*>(p); }

// The largest of n values that are no NaN; minus infinity when there is none.
float largest_of(const float* x, int64_t n) {
  Vec best = all(-INFINITY);
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) best = larger(load(x + i), best);
  float lanes[kLanes];
  store(lanes, best);
  float largest = lanes[0];
  for (int64_t j = 1; j < kLanes; j++) largest = lanes[j] > largest ? lanes[j] : largest;
  for (; i < n; i++) largest = x[i] > largest ? x[i] : largest;
  return largest;
}

}  // namespace
}  // namespace hearth
