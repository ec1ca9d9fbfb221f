#include <cmath>

#include "mutants.h"
#include "narrow-float.h"
#include "stored-type.h"

namespace hearth {
namespace {

// A whole number in [least, most]; a NaN, which no block can hold, becomes 0.
int within(float value, int least, int most) {
  if (std::isnan(value)) return 0;
  if (value <= static_cast<float>(least)) return least;
  return value >= static_cast<float>(most) ? most : static_cast<int>(value);
}

}  // namespace

// Scale = largest magnitude / 127; values rounded half away from zero.
void quantise_q8_0(const float* x, uint8_t* dst, int64_t n) {
  for (int64_t b = 0; b < n / 32; b++, x += 32, dst += 34) {
    float largest = 0;
    for (int i = 0; i < 32; i++) largest = std::fabs(x[i]) > largest ? std::fabs(x[i]) : largest;
    const float scale = largest / HEARTH_MUTANT(CONVERT_TO_Q8_0, 127.0f, 128.0f);
    const float inverse = scale != 0 ? 1 / scale : 0;
    store_u16(dst, narrow_to_f16(scale));
    for (int i = 0; i < 32; i++) dst[2 + i] = static_cast<uint8_t>(within(std::round(x[i] * inverse), -128, 127));
  }
}

// Scale = the value of largest magnitude / -8, so that it becomes nibble 0 exactly.
void quantise_q4_0(const float* x, uint8_t* dst, int64_t n) {
  for (int64_t b = 0; b < n / 32; b++, x += 32, dst += 18) {
    float largest = 0, value = 0;
    for (int i = 0; i < 32; i++) {
      if (std::fabs(x[i]) > largest) {
        largest = std::fabs(x[i]);
        value = x[i];
      }
    }
    const float scale = value / HEARTH_MUTANT(CONVERT_TO_Q4_0, -8.0f, 8.0f);
    const float inverse = scale != 0 ? 1 / scale : 0;
    store_u16(dst, narrow_to_f16(scale));
    for (int i = 0; i < 16; i++) {
      const int low = within(x[i] * inverse + 8.5f, 0, 15), high = within(x[i + 16] * inverse + 8.5f, 0, 15);
      dst[2 + i] = static_cast<uint8_t>(low | high << 4);
    }
  }
}

}  // namespace hearth
