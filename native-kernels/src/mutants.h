// Deliberately broken kernels: proof that the comparison tests can fail. In the shipped build HEARTH_MUTANT is its
// good expression and nothing else; the build in native-kernels/mutants chooses the bad one for one id at a time.
#pragma once

// One id for each instruction set a kernel is written for.
#define HEARTH_EACH_SET(X, NAME) X(NAME##_SCALAR) X(NAME##_AVX2) X(NAME##_AVX512) X(NAME##_NEON)

// The products (matmul*.cpp).
#define HEARTH_EACH_VECTOR_SET(X, NAME) X(NAME##_AVX2) X(NAME##_AVX512) X(NAME##_NEON)
#define HEARTH_MATMUL_MUTANTS(X)                      \
  X(MATMUL_F32_SCALAR)                                \
  X(MATMUL_BF16_SCALAR)                               \
  X(MATMUL_F16_SCALAR)                                \
  X(MATMUL_Q8_0_SCALAR)                               \
  X(MATMUL_Q4_0_SCALAR)                               \
  HEARTH_EACH_VECTOR_SET(X, MATMUL_F32_DECODE)        \
  HEARTH_EACH_VECTOR_SET(X, MATMUL_BF16_DECODE)       \
  HEARTH_EACH_VECTOR_SET(X, MATMUL_F16_DECODE)        \
  HEARTH_EACH_VECTOR_SET(X, MATMUL_Q8_0_DECODE)       \
  HEARTH_EACH_VECTOR_SET(X, MATMUL_Q4_0_DECODE)       \
  HEARTH_EACH_VECTOR_SET(X, MATMUL_F32_PREFILL)       \
  HEARTH_EACH_VECTOR_SET(X, MATMUL_BF16_PREFILL)      \
  HEARTH_EACH_VECTOR_SET(X, MATMUL_F16_PREFILL)       \
  HEARTH_EACH_VECTOR_SET(X, MATMUL_Q8_0_PREFILL)      \
  HEARTH_EACH_VECTOR_SET(X, MATMUL_Q4_0_PREFILL)      \
  X(MATMUL_Q8_0_DECODE_AVX512VNNI)                    \
  X(MATMUL_Q4_0_DECODE_AVX512VNNI)                    \
  X(MATMUL_Q8_0_PREFILL_AVX512VNNI)                   \
  X(MATMUL_Q4_0_PREFILL_AVX512VNNI)

// Everything else.
#define HEARTH_ELEMENTWISE_MUTANTS(X)        \
  HEARTH_EACH_SET(X, RMS_NORM_F32)           \
  HEARTH_EACH_SET(X, RMS_NORM_BF16)          \
  HEARTH_EACH_SET(X, RMS_NORM_F16)           \
  HEARTH_EACH_SET(X, ROPE_HALF_SPLIT)        \
  HEARTH_EACH_SET(X, ROPE_INTERLEAVED)       \
  HEARTH_EACH_SET(X, SILU_GATE)              \
  HEARTH_EACH_SET(X, ADD)                    \
  HEARTH_EACH_SET(X, ADD_BYTES)              \
  HEARTH_EACH_SET(X, ADD_BIAS_F32)           \
  HEARTH_EACH_SET(X, ADD_BIAS_BF16)          \
  HEARTH_EACH_SET(X, ADD_BIAS_F16)           \
  HEARTH_EACH_SET(X, SOFTMAX)                \
  HEARTH_EACH_SET(X, WIDEN_ROW_F32)          \
  HEARTH_EACH_SET(X, WIDEN_ROW_BF16)         \
  HEARTH_EACH_SET(X, WIDEN_ROW_F16)          \
  HEARTH_EACH_SET(X, WIDEN_ROW_Q8_0)         \
  HEARTH_EACH_SET(X, WIDEN_ROW_Q4_0)         \
  HEARTH_EACH_SET(X, NARROW_BF16)            \
  HEARTH_EACH_SET(X, NARROW_F16)             \
  HEARTH_EACH_SET(X, ARGMAX)

#define HEARTH_ATTENTION_MUTANTS(X)          \
  HEARTH_EACH_SET(X, STORE_KV_F32)           \
  HEARTH_EACH_SET(X, STORE_KV_F16)           \
  HEARTH_EACH_SET(X, ATTENTION_F32)          \
  HEARTH_EACH_SET(X, ATTENTION_F16)

// Written once, for every instruction set.
#define HEARTH_PLAIN_MUTANTS(X)                                                                            \
  X(ROPE_TABLE) X(TOP_K) X(CONVERT_TO_Q8_0) X(CONVERT_TO_Q4_0) X(CONVERT_FROM_Q4_1) X(CONVERT_FROM_Q5_0)   \
  X(CONVERT_FROM_Q5_1) X(CONVERT_FROM_Q4_K) X(CONVERT_FROM_Q5_K) X(CONVERT_FROM_Q6_K)

#define HEARTH_MUTANTS_LIST(X)   \
  HEARTH_MATMUL_MUTANTS(X)       \
  HEARTH_ELEMENTWISE_MUTANTS(X)  \
  HEARTH_ATTENTION_MUTANTS(X)    \
  HEARTH_PLAIN_MUTANTS(X)

#ifdef HEARTH_MUTANTS

namespace hearth {

#define HEARTH_MUTANT_ENUMERATOR(NAME) NAME,
enum class Mutant : int { None, HEARTH_MUTANTS_LIST(HEARTH_MUTANT_ENUMERATOR) Count };
#undef HEARTH_MUTANT_ENUMERATOR

// Defined in mutants.cpp. Set between calls only, so the kernels' threads read it without a race.
extern Mutant active_mutant;

}  // namespace hearth

#define HEARTH_MUTANT(ID, good, bad) (::hearth::active_mutant == ::hearth::Mutant::ID ? (bad) : (good))
#else
#define HEARTH_MUTANT(ID, good, bad) (good)
#endif

// The same for code that one file writes for several sets: HEARTH_SET is SCALAR, AVX2, AVX512, AVX512VNNI or NEON.
#define HEARTH_MUTANT_JOIN(NAME, SET, good, bad) HEARTH_MUTANT(NAME##_##SET, good, bad)
#define HEARTH_MUTANT_OF(NAME, SET, good, bad) HEARTH_MUTANT_JOIN(NAME, SET, good, bad)
#define HEARTH_SET_MUTANT(NAME, good, bad) HEARTH_MUTANT_OF(NAME, HEARTH_SET, good, bad)
