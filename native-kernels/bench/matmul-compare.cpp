// Holds the products of every instruction set this processor runs against the scalar reference, without Node: for
// processors that are only emulated here. usage: matmul-compare [seed]. Exit code 1 when a result is wrong.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "../src/cpu-features.h"
#include "../src/half-float.h"
#include "../src/matmul-int16.h"
#include "../src/matmul-kernels.h"
#include "../src/thread-pool.h"

using namespace hearth;

namespace {

constexpr const char* kTypeNames[kWeightTypes] = {"f32", "bf16", "f16", "q8_0", "q4_0"};
using Random = std::mt19937;

float between(Random& random, float least, float most) {
  return std::uniform_real_distribution<float>(least, most)(random);
}

// Any bytes for quants; halves and bfloat16s of a moderate size, either sign.
std::vector<uint8_t> random_weights(Random& random, WeightType type, int64_t rows, int64_t cols) {
  std::vector<uint8_t> bytes(static_cast<size_t>(rows * row_bytes(type, cols)));
  const size_t period = type == WeightType::Q8_0 ? kQ8Bytes : type == WeightType::Q4_0 ? kQ4Bytes : 2;
  for (size_t i = 0; i < bytes.size(); i++) bytes[i] = static_cast<uint8_t>(random() >> 24);
  if (type == WeightType::F32) {
    for (size_t i = 0; i < bytes.size(); i += 4) {
      const float value = between(random, -2, 2);
      std::memcpy(&bytes[i], &value, 4);
    }
    return bytes;
  }
  const int exponent = type == WeightType::BF16 ? 0x3f : 0x30;
  for (size_t i = 1; i < bytes.size(); i += period) bytes[i] = static_cast<uint8_t>((bytes[i] & 0x83) | exponent);
  return bytes;
}

struct Case {
  WeightType type;
  int64_t rows, cols, tokens, x_gap, y_gap, offset;
};

// Sums of |w * x|, from the reference: what an error is measured by. Weights are made positive by their results' signs
// only, so each is multiplied alone: a product with one activation at a time would be slow, a bound by blocks is enough.
double magnitude_of(const Case& c, const std::vector<uint8_t>& w, const float* x, int64_t row) {
  const uint8_t* at = w.data() + c.offset + row * row_bytes(c.type, c.cols);
  double sum = 0;
  for (int64_t i = 0; i < c.cols; i++) {
    double value = 0;
    switch (c.type) {
      case WeightType::F32: value = load_f32(at + i * 4); break;
      case WeightType::BF16: value = widen_bf16(load_u16(at + i * 2)); break;
      case WeightType::F16: value = widen_f16(load_u16(at + i * 2)); break;
      default: {
        const bool q8 = c.type == WeightType::Q8_0;
        value = (q8 ? 128 : 8) * widen_f16(load_u16(at + i / kQuantBlock * (q8 ? kQ8Bytes : kQ4Bytes)));
        const float* block = x + i / kQuantBlock * kQuantBlock;
        float most = 0;
        for (int64_t j = 0; j < kQuantBlock; j++) most = std::max(most, std::fabs(block[j]));
        sum += std::fabs(value * most);
        continue;
      }
    }
    sum += std::fabs(value * x[i]);
  }
  return sum;
}

// The largest error in units of what is allowed.
double worst_error(ThreadPool& pool, Random& random, InstructionSet set, const Case& c) {
  std::vector<uint8_t> w = random_weights(random, c.type, c.rows, c.cols);
  w.insert(w.begin(), static_cast<size_t>(c.offset), 0);
  const int64_t x_stride = c.cols + c.x_gap, y_stride = c.rows + c.y_gap;
  std::vector<float> x(static_cast<size_t>(c.tokens * x_stride));
  for (float& value : x) value = between(random, -1.5f, 1.5f);
  std::vector<float> expected(static_cast<size_t>(c.tokens * y_stride), -1), actual = expected;
  MatmulArgs args = {c.type, w.data() + c.offset, c.rows, c.cols, x.data(), x_stride, expected.data(), y_stride, c.tokens};
  matmul(pool, InstructionSet::Scalar, args);
  args.y = actual.data();
  matmul(pool, set, args);
  double worst = 0;
  for (int64_t t = 0; t < c.tokens; t++) {
    for (int64_t r = 0; r < y_stride; r++) {
      const size_t i = static_cast<size_t>(t * y_stride + r);
      if (r >= c.rows) {
        if (actual[i] != -1) return INFINITY;
        continue;
      }
      // Float rounding, and half a step of 16-bit activations where they are used.
      const double step = set == InstructionSet::Avx512Vnni && is_quantised(c.type) ? 0.5 / kInt16Steps : 0;
      const double unit = std::ldexp(2 + std::sqrt(static_cast<double>(c.cols)), -23) + step;
      const double allowed = unit * magnitude_of(c, w, x.data() + t * x_stride, r);
      const double error = std::fabs(static_cast<double>(actual[i]) - expected[i]) / allowed;
      worst = std::isnan(error) ? INFINITY : std::max(worst, error);
    }
  }
  return worst;
}

}  // namespace

int main(int argc, char** argv) {
  Random random(argc > 1 ? static_cast<uint32_t>(std::atoi(argv[1])) : 1);
  ThreadPool pool(2);
  InstructionSet sets[kMaxInstructionSets];
  const int count = available_instruction_sets(sets);
  int failed = 0;
  for (int i = 0; i < count; i++) {
    for (int t = 0; t < kWeightTypes; t++) {
      const WeightType type = static_cast<WeightType>(t);
      double worst = 0;
      int cases = 0;
      for (int64_t tokens : {1, 2, 3, 5, 16, 17, 33, 70}) {
        for (int64_t length : {1, 2, 3, 5, 8, 9, 11, 18, 25}) {
          const auto below = [&](int n) { return static_cast<int64_t>(random() % static_cast<uint32_t>(n)); };
          const int64_t cols = is_quantised(type) ? length * kQuantBlock : length * 11 + below(11);
          worst = std::max(worst, worst_error(pool, random, sets[i], {type, 1 + below(70), cols, tokens, below(4), below(4), below(4)}));
          cases++;
        }
      }
      std::printf("%-10s %-5s %d products, largest error %.3f of what is allowed%s\n", instruction_set_name(sets[i]),
                  kTypeNames[t], cases, worst, worst <= 1 ? "" : ": WRONG");
      failed += worst > 1;
    }
  }
  return failed > 0 ? 1 : 0;
}
