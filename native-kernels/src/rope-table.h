// Cosines and sines of rotary positions.
#pragma once
#include <cstdint>

namespace hearth {

// row (half, 2) = cos, sin of position * frequencies[i]. The angle is rounded to F32 first, as `transformers` has it.
void fill_rope_row(const float* frequencies, int64_t half, int64_t position, float* row);

}  // namespace hearth
