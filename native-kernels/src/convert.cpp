#include "convert.h"

#include <algorithm>
#include <cstring>

namespace hearth {
namespace {

constexpr int64_t kAtOnce = 1024;  // Values on the stack; a multiple of every block.

void narrow(const ElementwiseKernels& kernels, WeightType to, const float* x, uint8_t* dst, int64_t n) {
  switch (to) {
    case WeightType::F32: std::memcpy(dst, x, static_cast<size_t>(n) * sizeof(float)); break;
    case WeightType::BF16: kernels.narrow_bf16(x, dst, n); break;
    case WeightType::F16: kernels.narrow_f16(x, dst, n); break;
    case WeightType::Q8_0: quantise_q8_0(x, dst, n); break;
    case WeightType::Q4_0: quantise_q4_0(x, dst, n); break;
  }
}

}  // namespace

void convert_part(const ElementwiseKernels& kernels, const ConvertArgs& args, int64_t begin, int64_t end) {
  const StoredLayout from = stored_layout(static_cast<int64_t>(args.from));
  const StoredLayout to = stored_layout(static_cast<int64_t>(args.to));
  if (static_cast<int>(args.from) == static_cast<int>(args.to)) {
    const int64_t start = stored_bytes(from, begin);
    std::memcpy(args.dst + start, args.src + start, static_cast<size_t>(stored_bytes(from, end) - start));
    return;
  }
  const WidenValues widen = from.widen != nullptr ? from.widen : kernels.widen[static_cast<int>(args.from)];
  float values[kAtOnce];
  for (int64_t i = begin; i < end; i += kAtOnce) {
    const int64_t count = std::min(kAtOnce, end - i);
    widen(args.src + stored_bytes(from, i), values, count);
    narrow(kernels, args.to, values, args.dst + stored_bytes(to, i), count);
  }
}

}  // namespace hearth
