// The reference: what the products mean, in the plainest order. Sums are held in double precision, so that a comparison
// measures the other side's error.
#include <cmath>

#include "half-float.h"
#include "matmul-kernels.h"
#include "mutants.h"

namespace hearth {
namespace {

template <WeightType type>
double weight_at(const uint8_t* row, int64_t col) {
  switch (type) {
    case WeightType::F32: return load_f32(row + col * 4);
    case WeightType::BF16: return widen_bf16(load_u16(row + col * 2));
    default: return widen_f16(load_u16(row + col * 2));
  }
}

template <WeightType type>
void dot_float_scalar(const MatmulArgs& args, const QuantisedActivations&, int64_t begin, int64_t end) {
  const int64_t summed = type == WeightType::F32    ? HEARTH_MUTANT(MATMUL_F32_SCALAR, args.cols, args.cols - 1)
                         : type == WeightType::BF16 ? HEARTH_MUTANT(MATMUL_BF16_SCALAR, args.cols, args.cols - 1)
                                                    : HEARTH_MUTANT(MATMUL_F16_SCALAR, args.cols, args.cols - 1);
  for (int64_t r = begin; r < end; r++) {
    const uint8_t* row = args.w + r * row_bytes(type, args.cols);
    for (int64_t t = 0; t < args.tokens; t++) {
      const float* x = args.x + t * args.x_stride;
      double sum = 0;
      for (int64_t c = 0; c < summed; c++) sum += weight_at<type>(row, c) * static_cast<double>(x[c]);
      args.y[t * args.y_stride + r] = static_cast<float>(sum);
    }
  }
}

int32_t dot_block_q8_0(const uint8_t* block, const int8_t* x) {
  int32_t sum = 0;
  for (int i = 0; i < kQuantBlock; i++) sum += static_cast<int8_t>(block[2 + i]) * x[i];
  return sum;
}

int32_t dot_block_q4_0(const uint8_t* block, const int8_t* x) {
  const int zero = HEARTH_MUTANT(MATMUL_Q4_0_SCALAR, 8, 7);
  int32_t sum = 0;
  for (int i = 0; i < kQuantBlock / 2; i++) {
    sum += ((block[2 + i] & 15) - zero) * x[i];
    sum += ((block[2 + i] >> 4) - zero) * x[i + kQuantBlock / 2];
  }
  return sum;
}

template <WeightType type>
void dot_quantised_scalar(const MatmulArgs& args, const QuantisedActivations& quantised, int64_t begin, int64_t end) {
  constexpr bool q8 = type == WeightType::Q8_0;
  const int64_t blocks = args.cols / kQuantBlock;
  for (int64_t r = begin; r < end; r++) {
    const uint8_t* row = args.w + r * row_bytes(type, args.cols);
    for (int64_t t = 0; t < args.tokens; t++) {
      const int8_t* x = quantised.values + t * args.cols;
      const float* scales = quantised.scales + t * blocks;
      double sum = 0;
      for (int64_t b = 0; b < blocks; b++) {
        const uint8_t* block = row + b * (q8 ? kQ8Bytes : kQ4Bytes);
        const int32_t dot = q8 ? dot_block_q8_0(block, x + b * kQuantBlock) : dot_block_q4_0(block, x + b * kQuantBlock);
        const float scale = q8 ? HEARTH_MUTANT(MATMUL_Q8_0_SCALAR, scales[b], scales[0]) : scales[b];
        sum += static_cast<double>(dot) * widen_f16(load_u16(block)) * static_cast<double>(scale);
      }
      args.y[t * args.y_stride + r] = static_cast<float>(sum);
    }
  }
}

void quantise_scalar(const float* x, int64_t blocks, int8_t* values, float* scales, uint8_t*) {
  for (int64_t b = 0; b < blocks; b++) {
    const float* block = x + b * kQuantBlock;
    float largest = 0;
    bool finite = true;
    for (int i = 0; i < kQuantBlock; i++) {
      finite = finite && std::isfinite(block[i]);
      largest = std::fmax(largest, std::fabs(block[i]));
    }
    const float inverse = finite && largest > 0 ? 127.0f / largest : 0.0f;
    scales[b] = finite ? largest / 127.0f : NAN;
    // An inverse beyond the largest float (a block of denormals) stands for zero.
    for (int i = 0; i < kQuantBlock; i++) {
      const bool usable = finite && std::isfinite(inverse);
      values[b * kQuantBlock + i] = usable ? static_cast<int8_t>(std::nearbyint(block[i] * inverse)) : int8_t{0};
    }
  }
}

}  // namespace

const MatmulKernels& matmul_kernels_scalar() {
  static const MatmulKernels kernels = {
      {dot_float_scalar<WeightType::F32>, dot_float_scalar<WeightType::BF16>, dot_float_scalar<WeightType::F16>,
       dot_quantised_scalar<WeightType::Q8_0>, dot_quantised_scalar<WeightType::Q4_0>},
      {nullptr, nullptr, nullptr, quantise_scalar, quantise_scalar},
      nullptr,
      {},
  };
  return kernels;
}

}  // namespace hearth
