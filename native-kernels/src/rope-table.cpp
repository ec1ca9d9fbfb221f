#include "rope-table.h"

#include <cmath>

#include "mutants.h"

namespace hearth {

void fill_rope_row(const float* frequencies, int64_t half, int64_t position, float* row) {
  const float place = static_cast<float>(HEARTH_MUTANT(ROPE_TABLE, position, position + 1));
  for (int64_t i = 0; i < half; i++) {
    const float angle = place * frequencies[i];
    row[2 * i] = static_cast<float>(std::cos(static_cast<double>(angle)));
    row[2 * i + 1] = static_cast<float>(std::sin(static_cast<double>(angle)));
  }
}

}  // namespace hearth
