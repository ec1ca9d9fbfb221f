// The k largest of n floats.
#pragma once
#include <cstdint>

namespace hearth {

// Best first; of equal values the lower index first; NaN come last. 1 <= k <= n < 2^31.
void top_k(const float* x, int64_t n, int64_t k, int32_t* indices, float* values);

}  // namespace hearth
