// Converts n values from any stored type to a native one, by way of F32.
#pragma once
#include <cstdint>

#include "elementwise.h"
#include "stored-type.h"

namespace hearth {

struct ConvertArgs {
  StoredType from;
  const uint8_t* src;
  WeightType to;
  uint8_t* dst;
  int64_t n;  // A multiple of both types' blocks.
};

// [begin, end) of the values, both multiples of both types' blocks (or the end of all).
void convert_part(const ElementwiseKernels& kernels, const ConvertArgs& args, int64_t begin, int64_t end);

}  // namespace hearth
