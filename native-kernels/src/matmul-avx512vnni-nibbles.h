// Four blocks of nibbles times four blocks of 16-bit activations, whose two bytes are multiplied one after the other.
#pragma once
#include <immintrin.h>

#include "avx512vnni-multiply-add.h"
#include "matmul-avx512vnni-kernels.h"

namespace hearth {
namespace {

struct Nibbles {
  __m512i first, last;  // 0…15, in the order of FourBlocks
};

// FourBlocks in registers.
struct FourBlockBytes {
  explicit FourBlockBytes(const FourBlocks& x)
      : high_first(_mm512_load_si512(x.high_first)),
        high_last(_mm512_load_si512(x.high_last)),
        low_first(_mm512_load_si512(x.low_first)),
        low_last(_mm512_load_si512(x.low_last)) {}
  const __m512i high_first, high_last, low_first, low_last;
};

// Sums of eight products each, exactly: lanes 4i to 4i + 3 belong to block i. `low` is added.
inline __m512i multiply_nibbles(const Nibbles& w, const FourBlockBytes& x, __m512i low) {
  __m512i high = _mm512_setzero_si512();
  add_fours(high, w.first, x.high_first);
  add_fours(low, w.first, x.low_first);
  add_fours(high, w.last, x.high_last);
  add_fours(low, w.last, x.low_last);
  return _mm512_add_epi32(_mm512_slli_epi32(high, 8), low);
}

}  // namespace
}  // namespace hearth
