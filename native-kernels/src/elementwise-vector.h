// The elementwise kernels on vectors, written once for every instruction set. Included behind one vector-*.h.
// The last, partial vector of a row goes through a buffer and the same instructions, so that an element's result does
// not depend on where in a row it stands.
#include <math.h>
#include <cstring>

#include "elementwise.h"
#include "mutants.h"
#include "vector-exponential.h"

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

// Four sums, each of every fourth vector, and the scale that follows from them.
float inverse_root_mean_square(const float* x, float eps, int64_t n) {
  Vec sums[4] = {all(0), all(0), all(0), all(0)};
  int64_t i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
    for (int64_t j = 0; j < 4; j++) {
      const Vec v = load(x + i + j * kLanes);
      sums[j] = fma(v, v, sums[j]);
    }
  }
  for (; i < n; i += kLanes) {
    const Vec v = i + kLanes <= n ? load(x + i) : load_part(x + i, n - i);
    sums[0] = fma(v, v, sums[0]);
  }
  const float total = sum(add(add(sums[0], sums[1]), add(sums[2], sums[3])));
  return 1 / sqrtf(total / static_cast<float>(n) + eps);
}

template <typename Type>
void rms_norm(const float* x, const uint8_t* w, float scale, float* y, int64_t n) {
  const Vec scales = all(scale);
  for_each_pair<Type>(x, w, y, n, [=](Vec v, Vec weight) { return multiply(multiply(v, scales), weight); });
}

void rms_norm_f32(const float* x, const uint8_t* w, float eps, float* y, int64_t n) {
  const int64_t summed = HEARTH_SET_MUTANT(RMS_NORM_F32, n, n > kLanes ? n - n % kLanes : n);
  rms_norm<F32>(x, w, inverse_root_mean_square(x, eps, summed), y, n);
}
void rms_norm_bf16(const float* x, const uint8_t* w, float eps, float* y, int64_t n) {
  const float used = HEARTH_SET_MUTANT(RMS_NORM_BF16, eps, 0.0f);
  rms_norm<Bf16>(x, w, inverse_root_mean_square(x, used, n), y, n);
}
void rms_norm_f16(const float* x, const uint8_t* w, float eps, float* y, int64_t n) {
  const int64_t summed = HEARTH_SET_MUTANT(RMS_NORM_F16, n, n > 1 ? n - 1 : n);
  rms_norm<F16>(x, w, inverse_root_mean_square(x, eps, summed), y, n);
}

void rotate_half_split(float* low, float* high, const float* table, int64_t half) {
  int64_t i = 0;
  for (; i + kLanes <= half; i += kLanes) {
    Vec cos, sin;
    load_pairs(table + 2 * i, cos, sin);
    const Vec a = load(low + i), b = load(high + i);
    store(low + i, HEARTH_SET_MUTANT(ROPE_HALF_SPLIT, negative_fma(b, sin, multiply(a, cos)),
                                     fma(b, sin, multiply(a, cos))));
    store(high + i, fma(a, sin, multiply(b, cos)));
  }
  for (; i < half; i++) {
    const float cos = table[2 * i], sin = table[2 * i + 1], a = low[i], b = high[i];
    low[i] = a * cos - b * sin;
    high[i] = a * sin + b * cos;
  }
}

void rope_half_split(float* x, const float* table, int64_t heads, int64_t head_dim) {
  for (int64_t h = 0; h < heads; h++) {
    rotate_half_split(x + h * head_dim, x + h * head_dim + head_dim / 2, table, head_dim / 2);
  }
}

void rope_interleaved(float* x, const float* table, int64_t heads, int64_t head_dim) {
  for (int64_t h = 0; h < heads; h++) {
    float* head = x + h * head_dim;
    const int64_t turned = HEARTH_SET_MUTANT(ROPE_INTERLEAVED, head_dim, head_dim - head_dim % kLanes);
    int64_t i = 0;
    for (; i + kLanes <= turned; i += kLanes) store(head + i, rotate_pairs(load(head + i), load(table + i)));
    if (i < turned) {
      const Vec rotated = rotate_pairs(load_part(head + i, turned - i), load_part(table + i, turned - i));
      store_part(head + i, rotated, turned - i);
    }
  }
}

Vec silu(Vec gate) {
  // The smallest finite gate stands for minus infinity, whose product with 0 would be no number.
  gate = larger(all(-3.4e38f), gate);
  const Vec e = exponential(subtract(all(0), gate));
  return divide(gate, HEARTH_SET_MUTANT(SILU_GATE, add(all(1), e), e));
}

void silu_gate(const float* gate, const float* up, float* out, int64_t n) {
  for_each_pair<F32>(gate, bytes_of(up), out, n, [](Vec g, Vec u) { return multiply(silu(g), u); });
}

void add_row(float* y, const float* x, int64_t n) {
  const int64_t count = HEARTH_SET_MUTANT(ADD, n, n - n % kLanes);
  for_each_pair<F32>(y, bytes_of(x), y, count, [](Vec a, Vec b) { return add(a, b); });
}

void add_bytes(float* y, const uint8_t* x, int64_t n) {
  const int64_t count = HEARTH_SET_MUTANT(ADD_BYTES, n, n - 1);
  for_each_pair<F32>(y, x, y, count, [](Vec a, Vec b) { return add(a, b); });
}

template <typename Type>
void add_bias(float* y, const uint8_t* bias, int64_t n) {
  for_each_pair<Type>(y, bias, y, n, [](Vec a, Vec b) { return add(a, b); });
}

void add_bias_f32(float* y, const uint8_t* bias, int64_t n) {
  add_bias<F32>(y, bias, HEARTH_SET_MUTANT(ADD_BIAS_F32, n, n - 1));
}
void add_bias_bf16(float* y, const uint8_t* bias, int64_t n) {
  add_bias<Bf16>(y, bias, HEARTH_SET_MUTANT(ADD_BIAS_BF16, n, n - n % kLanes));
}
void add_bias_f16(float* y, const uint8_t* bias, int64_t n) {
  add_bias<F16>(y, bias, HEARTH_SET_MUTANT(ADD_BIAS_F16, n, n - 1));
}

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

void softmax(float* x, int64_t n) {
  const Vec largest = all(HEARTH_SET_MUTANT(SOFTMAX, largest_of(x, n), 0.0f));
  Vec sums = all(0);
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const Vec e = exponential(subtract(load(x + i), largest));
    store(x + i, e);
    sums = add(sums, e);
  }
  float total = sum(sums);
  if (i < n) {
    float lanes[kLanes];
    store(lanes, exponential(subtract(load_part(x + i, n - i), largest)));
    for (int64_t j = 0; i + j < n; j++) total += x[i + j] = lanes[j];
  }
  const Vec scale = all(1 / total);
  for_each_pair<F32>(x, bytes_of(x), x, n, [=](Vec v, Vec) { return multiply(v, scale); });
}

template <typename Type>
void widen(const uint8_t* src, float* y, int64_t n) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(y + i, Type::at(src + i * Type::kBytes));
  if (i < n) store_part(y + i, part_at<Type>(src + i * Type::kBytes, n - i), n - i);
}

void widen_f32(const uint8_t* src, float* y, int64_t n) {
  widen<F32>(src, y, HEARTH_SET_MUTANT(WIDEN_ROW_F32, n, n - 1));
}
void widen_bf16(const uint8_t* src, float* y, int64_t n) {
  widen<Bf16>(src, y, HEARTH_SET_MUTANT(WIDEN_ROW_BF16, n, n - n % kLanes));
}
void widen_f16(const uint8_t* src, float* y, int64_t n) {
  widen<F16>(src, y, HEARTH_SET_MUTANT(WIDEN_ROW_F16, n, n - 1));
}

// An F16 scale on every lane.
Vec scale_at(const uint8_t* p) {
  float lanes[kLanes];
  store(lanes, part_at<F16>(p, 1));
  return all(lanes[0]);
}

// Blocks of an F16 scale and 32 int8.
void widen_q8_0(const uint8_t* src, float* y, int64_t n) {
  for (int64_t b = 0; b < n / 32; b++, src += 34, y += 32) {
    const Vec scale = scale_at(src);
    for (int64_t i = 0; i < 32; i += kLanes) {
      store(y + i, multiply(scale, load_int8(src + HEARTH_SET_MUTANT(WIDEN_ROW_Q8_0, 2, 1) + i)));
    }
  }
}

// Blocks of an F16 scale and 16 bytes: value i in the low nibble, value i + 16 in the high one, each plus 8.
void widen_q4_0(const uint8_t* src, float* y, int64_t n) {
  for (int64_t b = 0; b < n / 32; b++, src += 18, y += 32) {
    const Vec scale = scale_at(src);
    for (int64_t i = 0; i < 16; i += kLanes) {
      store(y + i, multiply(scale, load_low_nibbles(src + 2 + i)));
      store(y + i + 16, multiply(scale, HEARTH_SET_MUTANT(WIDEN_ROW_Q4_0, load_high_nibbles(src + 2 + i),
                                                          load_low_nibbles(src + 2 + i))));
    }
  }
}

template <void (*store_values)(uint8_t*, Vec)>
void narrow(const float* x, uint8_t* dst, int64_t n) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store_values(dst + 2 * i, load(x + i));
  if (i == n) return;
  uint8_t buffer[kLanes * 2];
  store_values(buffer, load_part(x + i, n - i));
  std::memcpy(dst + 2 * i, buffer, static_cast<size_t>(n - i) * 2);
}

void narrow_bf16(const float* x, uint8_t* dst, int64_t n) {
  narrow<store_bf16>(x, dst, HEARTH_SET_MUTANT(NARROW_BF16, n, n - 1));
}
void narrow_f16(const float* x, uint8_t* dst, int64_t n) {
  narrow<store_f16>(x, dst, HEARTH_SET_MUTANT(NARROW_F16, n, n - n % kLanes));
}

int64_t argmax(const float* x, int64_t n) {
  const float largest = largest_of(x, n);
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const int lane = first_equal(load(x + i), largest);
    if (lane >= 0) return i + HEARTH_SET_MUTANT(ARGMAX, lane, 0);
  }
  for (; i < n; i++) {
    if (x[i] == largest) return i;
  }
  return 0;  // All are NaN.
}

uint32_t read_bytes(const uint8_t* bytes, int64_t count) {
  Vec seen[4] = {all(0), all(0), all(0), all(0)};
  for (int64_t i = 0; i < count; i += 16 * kLanes) {
    for (int64_t j = 0; j < 4; j++) seen[j] = exclusive_or(seen[j], load_bytes(bytes + i + j * 4 * kLanes));
  }
  uint32_t words[kLanes], all_words = 0;
  const Vec together = exclusive_or(exclusive_or(seen[0], seen[1]), exclusive_or(seen[2], seen[3]));
  std::memcpy(words, &together, sizeof(words));
  for (int64_t i = 0; i < kLanes; i++) all_words ^= words[i];
  return all_words;
}

}  // namespace

const ElementwiseKernels HEARTH_SET_TABLE(elementwise) = {
    {rms_norm_f32, rms_norm_bf16, rms_norm_f16},
    {rope_half_split, rope_interleaved},
    silu_gate,
    add_row,
    add_bytes,
    {add_bias_f32, add_bias_bf16, add_bias_f16},
    softmax,
    {widen_f32, widen_bf16, widen_f16, widen_q8_0, widen_q4_0},
    narrow_bf16,
    narrow_f16,
    argmax,
    read_bytes,
};

}  // namespace hearth
