// The reference: what the products mean, in the plainest order. Sums are held in double precision, so that a comparison
// measures the other side's error.
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
void dot_float_scalar(const MatmulArgs& args, const float*, int64_t begin, int64_t end) {
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

double dot_block_q8_0(const uint8_t* block, const float* x) {
  double sum = 0;
  for (int i = 0; i < kQuantBlock; i++) sum += static_cast<int8_t>(block[2 + i]) * static_cast<double>(x[i]);
  return sum;
}

double dot_block_q4_0(const uint8_t* block, const float* x) {
  const int zero = HEARTH_MUTANT(MATMUL_Q4_0_SCALAR, 8, 7);
  double sum = 0;
  for (int i = 0; i < kQuantBlock / 2; i++) {
    sum += ((block[2 + i] & 15) - zero) * static_cast<double>(x[i]);
    sum += ((block[2 + i] >> 4) - zero) * static_cast<double>(x[i + kQuantBlock / 2]);
  }
  return sum;
}

template <WeightType type>
void dot_quantised_scalar(const MatmulArgs& args, const float*, int64_t begin, int64_t end) {
  constexpr bool q8 = type == WeightType::Q8_0;
  const int64_t blocks = args.cols / kQuantBlock;
  const int64_t summed = q8 ? HEARTH_MUTANT(MATMUL_Q8_0_SCALAR, blocks, blocks - 1) : blocks;
  for (int64_t r = begin; r < end; r++) {
    const uint8_t* row = args.w + r * row_bytes(type, args.cols);
    for (int64_t t = 0; t < args.tokens; t++) {
      const float* x = args.x + t * args.x_stride;
      double sum = 0;
      for (int64_t b = 0; b < summed; b++) {
        const uint8_t* block = row + b * (q8 ? kQ8Bytes : kQ4Bytes);
        const double dot = q8 ? dot_block_q8_0(block, x + b * kQuantBlock) : dot_block_q4_0(block, x + b * kQuantBlock);
        sum += dot * widen_f16(load_u16(block));
      }
      args.y[t * args.y_stride + r] = static_cast<float>(sum);
    }
  }
}

}  // namespace

const MatmulKernels& matmul_kernels_scalar() {
  static const MatmulKernels kernels = {
      {dot_float_scalar<WeightType::F32>, dot_float_scalar<WeightType::BF16>, dot_float_scalar<WeightType::F16>,
       dot_quantised_scalar<WeightType::Q8_0>, dot_quantised_scalar<WeightType::Q4_0>},
      nullptr,
      {},
  };
  return kernels;
}

}  // namespace hearth
