// What an instruction set offers besides products and attention. Each function works on one row on one thread; sharing
// rows out is the callers' affair (bind-elementwise.cpp). The scalar functions are the reference.
#pragma once
#include <cstdint>

#include "matmul.h"

namespace hearth {

constexpr int kPlainTypes = 3;   // F32, BF16, F16: what norms and biases may be stored in.
constexpr int kNativeTypes = 5;  // WeightType's values.

struct ElementwiseKernels {
  // y[i] = x[i] / sqrt(mean(x^2) + eps) * w[i]; w of any alignment, y may be x. By the type of w.
  void (*rms_norm[kPlainTypes])(const float* x, const uint8_t* w, float eps, float* y, int64_t n);
  // x (heads, head_dim) of one token, table (head_dim / 2, 2) = cos, sin. By RopeStyle: half-split, interleaved.
  void (*rope[2])(float* x, const float* table, int64_t heads, int64_t head_dim);
  // out = gate / (1 + exp(-gate)) * up; out may be gate or up.
  void (*silu_gate)(const float* gate, const float* up, float* out, int64_t n);
  void (*add)(float* y, const float* x, int64_t n);
  // The same with x of any alignment.
  void (*add_bytes)(float* y, const uint8_t* x, int64_t n);
  // y += bias of any alignment. By the type of the bias.
  void (*add_bias[kPlainTypes])(float* y, const uint8_t* bias, int64_t n);
  void (*softmax)(float* x, int64_t n);
  // y = src widened; n a multiple of 32 for the quantised types. By the type of src.
  void (*widen[kNativeTypes])(const uint8_t* src, float* y, int64_t n);
  // dst = x rounded to nearest even; a NaN stays a NaN.
  void (*narrow_bf16)(const float* x, uint8_t* dst, int64_t n);
  void (*narrow_f16)(const float* x, uint8_t* dst, int64_t n);
  // The first of the largest; NaN never wins; 0 when all are NaN.
  int64_t (*argmax)(const float* x, int64_t n);
  // Reads every byte (a multiple of 256, aligned to 64) and returns something made of all of them.
  uint32_t (*read_bytes)(const uint8_t* bytes, int64_t count);
};

extern const ElementwiseKernels elementwise_scalar;
extern const ElementwiseKernels elementwise_avx2;
extern const ElementwiseKernels elementwise_avx512;
extern const ElementwiseKernels elementwise_neon;

const ElementwiseKernels& elementwise_kernels(InstructionSet set);

}  // namespace hearth
