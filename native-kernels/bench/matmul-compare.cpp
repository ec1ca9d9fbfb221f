// Holds the products of every instruction set this processor runs against the scalar reference, without Node: for
// processors that are only emulated here. usage: matmul-compare [seed]. Exit code 1 when a result is wrong,
// or when, built with HEARTH_MUTANTS, a broken kernel is not told from a good one.
#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "../src/cpu-features.h"
#include "../src/half-float.h"
#include "../src/matmul-int16.h"
#include "../src/matmul-kernels.h"
#include "../src/mutants.h"
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

// What an error is measured by: the sum of |w * x|; for quantised weights of what it could be at most, from each block's
// scale and largest activation.
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

constexpr int64_t kTokens[] = {1, 2, 3, 5, 16, 17, 33, 70}, kLengths[] = {1, 2, 3, 5, 8, 9, 11, 18, 25};
constexpr int kCases = static_cast<int>(sizeof(kTokens) / 8 * (sizeof(kLengths) / 8));

// The same over shapes with odd ends.
double worst_of_all(ThreadPool& pool, Random& random, InstructionSet set, WeightType type) {
  double worst = 0;
  for (int64_t tokens : kTokens) {
    for (int64_t length : kLengths) {
      const auto below = [&](int n) { return static_cast<int64_t>(random() % static_cast<uint32_t>(n)); };
      const int64_t cols = is_quantised(type) ? length * kQuantBlock : length * 11 + below(11);
      const Case c = {type, 1 + below(70), cols, tokens, below(4), below(4), below(4)};
      worst = std::max(worst, worst_error(pool, random, set, c));
    }
  }
  return worst;
}

#ifdef HEARTH_MUTANTS
#define HEARTH_MUTANT_NAME(NAME) #NAME,
const char* const kMutants[] = {"", HEARTH_MUTANTS_LIST(HEARTH_MUTANT_NAME)};
#undef HEARTH_MUTANT_NAME

// How many of this set's broken products the comparison does not catch.
int count_missed(ThreadPool& pool, Random& random, InstructionSet set) {
  int missed = 0, caught = 0;
  std::string ending = std::string("_") + instruction_set_name(set);
  for (char& c : ending) c = static_cast<char>(std::toupper(c));
  for (int i = 1; i < static_cast<int>(Mutant::Count); i++) {
    const std::string name = kMutants[i];
    if (name.rfind("MATMUL_", 0) != 0 || name.size() < ending.size()) continue;
    if (name.compare(name.size() - ending.size(), ending.size(), ending) != 0) continue;
    int type = 0;
    for (int t = 0; t < kWeightTypes; t++) {
      std::string typed = std::string("MATMUL_") + kTypeNames[t] + "_";
      for (char& c : typed) c = static_cast<char>(std::toupper(c));
      if (name.rfind(typed, 0) == 0) type = t;
    }
    active_mutant = static_cast<Mutant>(i);
    const bool is_caught = worst_of_all(pool, random, set, static_cast<WeightType>(type)) > 1;
    active_mutant = Mutant::None;
    if (!is_caught) std::printf("%s is NOT caught\n", name.c_str());
    (is_caught ? caught : missed)++;
  }
  std::printf("%-10s %d broken kernels caught, %d missed\n", instruction_set_name(set), caught, missed);
  return missed;
}
#endif

}  // namespace

int main(int argc, char** argv) {
  Random random(argc > 1 ? static_cast<uint32_t>(std::atoi(argv[1])) : 1);
  ThreadPool pool(2);
  InstructionSet sets[kMaxInstructionSets];
  const int count = available_instruction_sets(sets);
  int failed = 0;
  for (int i = 0; i < count && sets[i] != InstructionSet::Scalar; i++) {
    for (int t = 0; t < kWeightTypes; t++) {
      const double worst = worst_of_all(pool, random, sets[i], static_cast<WeightType>(t));
      std::printf("%-10s %-5s %d products, largest error %.3f of what is allowed%s\n", instruction_set_name(sets[i]),
                  kTypeNames[t], kCases, worst, worst <= 1 ? "" : ": WRONG");
      failed += worst > 1;
    }
#ifdef HEARTH_MUTANTS
    failed += count_missed(pool, random, sets[i]);
#endif
  }
  return failed > 0 ? 1 : 0;
}
