// What the kernels' templates tell the compiler.
#pragma once

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#endif

// Before a loop over the registers of a tile: unrolled, so that each sum stays in its register.
// And before one that the compiler would unroll to no good.
#if defined(_MSC_VER) && !defined(__clang__)
#define HEARTH_UNROLL
#define HEARTH_KEEP_ROLLED
#else
#define HEARTH_UNROLL _Pragma("GCC unroll 16")
#define HEARTH_KEEP_ROLLED _Pragma("GCC unroll 1")
#endif

namespace hearth {
namespace {

// Asks for the cache line at `p`, which may lie beyond what is mapped, into the second-level cache: the first level's
// few outstanding misses are left to the loads that need their data now.
inline void prefetch(const void* p) {
#if defined(_MSC_VER) && !defined(__clang__)
#if defined(_M_ARM64)
  __prefetch(p);
#else
  _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T1);
#endif
#else
  __builtin_prefetch(p, 0, 2);
#endif
}

// The same into the first-level cache, for a single stream: it needs few of the outstanding misses.
inline void prefetch_soon(const void* p) {
#if defined(_MSC_VER) && !defined(__clang__)
#if defined(_M_ARM64)
  __prefetch(p);
#else
  _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T0);
#endif
#else
  __builtin_prefetch(p, 0, 3);
#endif
}

}  // namespace
}  // namespace hearth
