// The VNNI instructions. GCC 12 copies the sums around each of its intrinsics, twice; the instruction by
// name stays in its register.
#pragma once
#include <immintrin.h>

namespace hearth {
namespace {

// Each lane of `sums` += the products of two pairs of 16-bit values.
inline void add_pairs(__m512i& sums, __m512i a, __m512i b) {
#if defined(__GNUC__)
  __asm__("vpdpwssd %2, %1, %0" : "+v"(sums) : "v"(a), "v"(b));
#else
  sums = _mm512_dpwssd_epi32(sums, a, b);
#endif
}

inline void add_pairs(__m256i& sums, __m256i a, __m256i b) {
#if defined(__GNUC__)
  __asm__("vpdpwssd %2, %1, %0" : "+v"(sums) : "v"(a), "v"(b));
#else
  sums = _mm256_dpwssd_epi32(sums, a, b);
#endif
}

// Each lane of `sums` += the products of four unsigned bytes with four signed ones.
inline void add_fours(__m512i& sums, __m512i bytes, __m512i signed_bytes) {
#if defined(__GNUC__)
  __asm__("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(bytes), "v"(signed_bytes));
#else
  sums = _mm512_dpbusd_epi32(sums, bytes, signed_bytes);
#endif
}

}  // namespace
}  // namespace hearth
