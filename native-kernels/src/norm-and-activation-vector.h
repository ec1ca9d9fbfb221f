// Norms, rotary positions, the gate and softmax on vectors. Included behind a vector-*.h.
#pragma once
#include <math.h>

#include "mutants.h"
#include "vector-exponential.h"
#include "vector-rows.h"

namespace hearth {
namespace {

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

}  // namespace
}  // namespace hearth
