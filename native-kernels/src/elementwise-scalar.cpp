// The reference: plain loops, sums in double.
#include <cmath>

#include "elementwise.h"
#include "mutants.h"
#include "narrow-float.h"

#define HEARTH_SET SCALAR

namespace hearth {
namespace {

template <WeightType type>
float load(const uint8_t* values, int64_t i) {
  if (type == WeightType::F32) return load_f32(values + i * 4);
  const uint16_t bits = load_u16(values + i * 2);
  return type == WeightType::BF16 ? widen_bf16(bits) : widen_f16(bits);
}

// `summed` is n: how many squares the mean is made of.
template <WeightType type>
void rms_norm(const float* x, const uint8_t* w, float eps, float* y, int64_t n, int64_t summed) {
  double sum = 0;
  for (int64_t i = 0; i < summed; i++) sum += static_cast<double>(x[i]) * x[i];
  const float scale = static_cast<float>(1 / std::sqrt(sum / static_cast<double>(n) + eps));
  for (int64_t i = 0; i < n; i++) y[i] = x[i] * scale * load<type>(w, i);
}

void rms_norm_f32(const float* x, const uint8_t* w, float eps, float* y, int64_t n) {
  rms_norm<WeightType::F32>(x, w, eps, y, n, HEARTH_SET_MUTANT(RMS_NORM_F32, n, n - 1));
}
void rms_norm_bf16(const float* x, const uint8_t* w, float eps, float* y, int64_t n) {
  rms_norm<WeightType::BF16>(x, w, HEARTH_SET_MUTANT(RMS_NORM_BF16, eps, 0.0f), y, n, n);
}
void rms_norm_f16(const float* x, const uint8_t* w, float eps, float* y, int64_t n) {
  rms_norm<WeightType::F16>(x, HEARTH_SET_MUTANT(RMS_NORM_F16, w, w + 2 * (n > 1)), eps, y, n, n);
}

void rotate(float& a, float& b, float cos, float sin) {
  const float turned = a * cos - b * sin;
  b = a * sin + b * cos;
  a = turned;
}

void rope_half_split(float* x, const float* table, int64_t heads, int64_t head_dim) {
  const int64_t half = head_dim / 2;
  for (int64_t h = 0; h < heads; h++) {
    float* head = x + h * head_dim;
    for (int64_t i = 0; i < half; i++) {
      const float sin = table[2 * i + 1];
      rotate(head[i], head[i + half], table[2 * i], HEARTH_SET_MUTANT(ROPE_HALF_SPLIT, sin, -sin));
    }
  }
}

void rope_interleaved(float* x, const float* table, int64_t heads, int64_t head_dim) {
  for (int64_t h = 0; h < HEARTH_SET_MUTANT(ROPE_INTERLEAVED, heads, heads - 1); h++) {
    float* head = x + h * head_dim;
    for (int64_t i = 0; i < head_dim; i += 2) rotate(head[i], head[i + 1], table[i], table[i + 1]);
  }
}

void silu_gate(const float* gate, const float* up, float* out, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    // The smallest finite gate stands for minus infinity, whose product with 0 would be no number.
    const float g = gate[i] < -3.4e38f ? -3.4e38f : gate[i];
    out[i] = g / (1 + std::exp(HEARTH_SET_MUTANT(SILU_GATE, -g, g))) * up[i];
  }
}

void add(float* y, const float* x, int64_t n) {
  for (int64_t i = 0; i < HEARTH_SET_MUTANT(ADD, n, n - 1); i++) y[i] += x[i];
}

void add_bytes(float* y, const uint8_t* x, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] += load_f32(x + HEARTH_SET_MUTANT(ADD_BYTES, i, n - 1 - i) * 4);
}

template <WeightType type>
void add_bias(float* y, const uint8_t* bias, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] += load<type>(bias, i);
}

void add_bias_f32(float* y, const uint8_t* bias, int64_t n) {
  add_bias<WeightType::F32>(y, bias, HEARTH_SET_MUTANT(ADD_BIAS_F32, n, n - 1));
}
void add_bias_bf16(float* y, const uint8_t* bias, int64_t n) {
  add_bias<WeightType::BF16>(y, bias, HEARTH_SET_MUTANT(ADD_BIAS_BF16, n, n - 1));
}
void add_bias_f16(float* y, const uint8_t* bias, int64_t n) {
  add_bias<WeightType::F16>(y, bias, HEARTH_SET_MUTANT(ADD_BIAS_F16, n, n - 1));
}

void softmax(float* x, int64_t n) {
  float largest = x[0];
  for (int64_t i = 1; i < n; i++) largest = x[i] > largest ? x[i] : largest;
  largest = HEARTH_SET_MUTANT(SOFTMAX, largest, 0.0f);
  double sum = 0;
  for (int64_t i = 0; i < n; i++) sum += x[i] = std::exp(x[i] - largest);
  const float scale = static_cast<float>(1 / sum);
  for (int64_t i = 0; i < n; i++) x[i] *= scale;
}

template <WeightType type>
void widen(const uint8_t* src, float* y, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] = load<type>(src, i);
}

void widen_f32(const uint8_t* src, float* y, int64_t n) {
  widen<WeightType::F32>(src, y, HEARTH_SET_MUTANT(WIDEN_ROW_F32, n, n - 1));
}
void widen_bf16_row(const uint8_t* src, float* y, int64_t n) {
  widen<WeightType::BF16>(src, y, HEARTH_SET_MUTANT(WIDEN_ROW_BF16, n, n - 1));
}
void widen_f16_row(const uint8_t* src, float* y, int64_t n) {
  widen<WeightType::F16>(src, y, HEARTH_SET_MUTANT(WIDEN_ROW_F16, n, n - 1));
}

// Blocks of an F16 scale and 32 int8.
void widen_q8_0(const uint8_t* src, float* y, int64_t n) {
  for (int64_t b = 0; b < n / 32; b++, src += 34, y += 32) {
    const float scale = widen_f16(load_u16(src));
    for (int i = 0; i < 32; i++) {
      const int value = static_cast<int8_t>(src[2 + i]);
      y[i] = scale * static_cast<float>(HEARTH_SET_MUTANT(WIDEN_ROW_Q8_0, value, value & 0xff));
    }
  }
}

// Blocks of an F16 scale and 16 bytes: value i in the low nibble, value i + 16 in the high one, each plus 8.
void widen_q4_0(const uint8_t* src, float* y, int64_t n) {
  for (int64_t b = 0; b < n / 32; b++, src += 18, y += 32) {
    const float scale = widen_f16(load_u16(src));
    for (int i = 0; i < 16; i++) {
      y[i] = scale * static_cast<float>((src[2 + i] & 15) - 8);
      y[i + 16] = scale * static_cast<float>((src[2 + i] >> 4) - HEARTH_SET_MUTANT(WIDEN_ROW_Q4_0, 8, 7));
    }
  }
}

void narrow_bf16(const float* x, uint8_t* dst, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    store_u16(dst + 2 * i, HEARTH_SET_MUTANT(NARROW_BF16, narrow_to_bf16(x[i]),
                                             static_cast<uint16_t>(bits_of_float(x[i]) >> 16)));
  }
}

void narrow_f16(const float* x, uint8_t* dst, int64_t n) {
  for (int64_t i = 0; i < HEARTH_SET_MUTANT(NARROW_F16, n, n - 1); i++) store_u16(dst + 2 * i, narrow_to_f16(x[i]));
}

int64_t argmax(const float* x, int64_t n) {
  int64_t best = -1;
  for (int64_t i = 0; i < n; i++) {
    if (std::isnan(x[i])) continue;
    if (best < 0 || HEARTH_SET_MUTANT(ARGMAX, x[i] > x[best], x[i] >= x[best])) best = i;
  }
  return best < 0 ? 0 : best;
}

uint32_t read_bytes(const uint8_t* bytes, int64_t count) {
  uint64_t sums[4] = {0, 0, 0, 0};
  for (int64_t i = 0; i < count; i += 32) {
    uint64_t words[4];
    std::memcpy(words, bytes + i, sizeof(words));
    for (int j = 0; j < 4; j++) sums[j] ^= words[j];
  }
  const uint64_t all = sums[0] ^ sums[1] ^ sums[2] ^ sums[3];
  return static_cast<uint32_t>(all ^ (all >> 32));
}

}  // namespace

const ElementwiseKernels elementwise_scalar = {
    {rms_norm_f32, rms_norm_bf16, rms_norm_f16},
    {rope_half_split, rope_interleaved},
    silu_gate,
    add,
    add_bytes,
    {add_bias_f32, add_bias_bf16, add_bias_f16},
    softmax,
    {widen_f32, widen_bf16_row, widen_f16_row, widen_q8_0, widen_q4_0},
    narrow_bf16,
    narrow_f16,
    argmax,
    read_bytes,
};

}  // namespace hearth
