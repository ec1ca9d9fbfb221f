// Sums, conversions and searches over a row on vectors. Included behind a vector-*.h.
#pragma once
#include "mutants.h"
#include "vector-rows.h"

namespace hearth {
namespace {

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
}  // namespace hearth
