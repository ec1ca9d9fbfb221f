// Prefill with float panels, for any instruction set. V is as in matmul-float-dot.h, with
//   load(p), store(p, v), broadcast(p), kTileRows, kTileVectors, and for packing kPackWidth, transpose4(...).
#pragma once
#include "compiler-hints.h"
#include "half-float.h"
#include "matmul-kernels.h"
#include "mutants.h"

namespace hearth {
namespace {

template <class V>
void multiply_tile_float(int64_t depth, const float* w, const float* x, float* tile, bool first) {
  constexpr int R = V::kTileRows, N = V::kTileVectors;
  typename V::Vec sums[R][N];
  HEARTH_UNROLL for (int r = 0; r < R; r++) {
    HEARTH_UNROLL for (int n = 0; n < N; n++) sums[r][n] = first ? V::zero() : V::load(tile + (r * N + n) * V::kWidth);
  }
  const int64_t summed = HEARTH_SET_MUTANT(MATMUL_F32_PREFILL, depth, depth - 1);
  for (int64_t d = 0; d < summed; d++) {
    typename V::Vec xs[N];
    HEARTH_UNROLL for (int n = 0; n < N; n++) xs[n] = V::load(x + n * V::kWidth);
    HEARTH_UNROLL for (int r = 0; r < R; r++) {
      const typename V::Vec ws = V::broadcast(w + r);
      HEARTH_UNROLL for (int n = 0; n < N; n++) sums[r][n] = V::fma(ws, xs[n], sums[r][n]);
    }
    w += R;
    x += N * V::kWidth;
  }
  HEARTH_UNROLL for (int r = 0; r < R; r++) {
    HEARTH_UNROLL for (int n = 0; n < N; n++) V::store(tile + (r * N + n) * V::kWidth, sums[r][n]);
  }
}

// out (count) = row[col : col + count] of a 16-bit type.
template <class V, WeightType type>
void widen_float(const uint8_t* row, int64_t col, int64_t count, float* out) {
  const uint8_t* from = row + col * 2;
  int64_t i = 0;
  for (; i + V::kWidth <= count; i += V::kWidth) V::store(out + i, V::template load<type>(from + i * 2));
  const int64_t left = type == WeightType::BF16 ? HEARTH_SET_MUTANT(MATMUL_BF16_PREFILL, count - i, 0)
                                                : HEARTH_SET_MUTANT(MATMUL_F16_PREFILL, count - i, 0);
  // The room behind `count` is the caller's scratch: a whole vector may be stored.
  if (left > 0) V::store(out + i, V::template load_tail<type>(from + i * 2, left));
}

// packed[d * kWide + r] = rows[r * stride + d] for r < count, zero for the others. kWide is even.
template <class V, int kWide>
void pack_rows_float(const float* rows, int64_t stride, int64_t count, int64_t depth, float* packed) {
  const int64_t whole = depth / V::kPackWidth * V::kPackWidth;
  for (int r = 0; r < kWide;) {
    const float* from = rows + r * stride;
    const uint8_t* from_bytes = reinterpret_cast<const uint8_t*>(from);  // Weights have any alignment.
    const int64_t left = count - r;
    const int group = kWide - r >= 4 ? 4 : 2;
    int64_t d = 0;
    if (group == 4 && left >= 4) {
      for (; d < whole; d += V::kPackWidth) V::transpose4(from + d, stride, packed + d * kWide + r, kWide);
    } else if (group == 2 && left >= 2) {
      for (; d < whole; d += V::kPackWidth) V::transpose2(from + d, stride, packed + d * kWide + r, kWide);
    }
    for (; d < depth; d++) {
      for (int i = 0; i < group; i++) packed[d * kWide + r + i] = i < left ? load_f32(from_bytes + (i * stride + d) * 4) : 0.0f;
    }
    r += group;
  }
}

}  // namespace
}  // namespace hearth
