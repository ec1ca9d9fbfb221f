#include "cpu-features.h"

#include <cstdint>
#include <cstring>

#if defined(__x86_64__) || defined(_M_X64)
#define HEARTH_X64 1
#if defined(_MSC_VER)
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#endif

namespace hearth {
namespace {

struct Features {
  bool avx2 = false, avx512 = false, avx512vnni = false, neon = false;
  bool intel = false;
};

// Intel's prefetchers end at a page of 4 KiB and begin anew behind it: two cores then reach two thirds of what memory
// delivers. AMD's foresee the stream, and asking costs them.
constexpr int64_t kIntelLookahead = 3 << 10;

#if defined(HEARTH_X64)

struct Registers {
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

Registers cpuid(uint32_t leaf, uint32_t subleaf) {
  Registers r;
#if defined(_MSC_VER)
  int out[4];
  __cpuidex(out, static_cast<int>(leaf), static_cast<int>(subleaf));
  r.eax = static_cast<uint32_t>(out[0]);
  r.ebx = static_cast<uint32_t>(out[1]);
  r.ecx = static_cast<uint32_t>(out[2]);
  r.edx = static_cast<uint32_t>(out[3]);
#else
  __cpuid_count(leaf, subleaf, r.eax, r.ebx, r.ecx, r.edx);
#endif
  return r;
}

// The register states that the operating system saves on a switch (XCR0).
uint64_t saved_states() {
#if defined(_MSC_VER)
  return _xgetbv(0);
#else
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<uint64_t>(high) << 32) | low;
#endif
}

bool bit(uint32_t word, int index) { return (word >> index) & 1u; }

Features detect() {
  Features found;
  const Registers zero = cpuid(0, 0);
  found.intel = zero.ebx == 0x756e6547 && zero.edx == 0x49656e69 && zero.ecx == 0x6c65746e;  // "GenuineIntel"
  if (zero.eax < 7) return found;
  const Registers one = cpuid(1, 0);
  if (!bit(one.ecx, 27) || !bit(one.ecx, 28)) return found;  // OSXSAVE, AVX
  const uint64_t states = saved_states();
  if ((states & 0x6) != 0x6) return found;  // XMM and YMM
  const Registers seven = cpuid(7, 0);
  const bool fma = bit(one.ecx, 12), f16c = bit(one.ecx, 29);
  found.avx2 = fma && f16c && bit(seven.ebx, 5);
  if (!found.avx2 || (states & 0xe0) != 0xe0) return found;  // mask registers and ZMM
  found.avx512 = bit(seven.ebx, 16) && bit(seven.ebx, 17) && bit(seven.ebx, 30) && bit(seven.ebx, 31);  // F DQ BW VL
  found.avx512vnni = found.avx512 && bit(seven.ecx, 11);
  return found;
}

#elif defined(__aarch64__) || defined(_M_ARM64)

Features detect() {
  Features found;
  found.neon = true;  // Part of every arm64.
  return found;
}

#else

Features detect() { return Features(); }

#endif

const Features& features() {
  static const Features found = detect();
  return found;
}

}  // namespace

int available_instruction_sets(InstructionSet sets[kMaxInstructionSets]) {
  int count = 0;
  if (features().avx512vnni) sets[count++] = InstructionSet::Avx512Vnni;
  if (features().avx512) sets[count++] = InstructionSet::Avx512;
  if (features().avx2) sets[count++] = InstructionSet::Avx2;
  if (features().neon) sets[count++] = InstructionSet::Neon;
  sets[count++] = InstructionSet::Scalar;
  return count;
}

int64_t stream_lookahead() { return features().intel ? kIntelLookahead : 0; }

InstructionSet best_instruction_set() {
  InstructionSet sets[kMaxInstructionSets];
  available_instruction_sets(sets);
  return sets[0];
}

const char* instruction_set_name(InstructionSet set) {
  switch (set) {
    case InstructionSet::Avx512Vnni: return "avx512vnni";
    case InstructionSet::Avx512: return "avx512";
    case InstructionSet::Avx2: return "avx2";
    case InstructionSet::Neon: return "neon";
    default: return "scalar";
  }
}

bool find_instruction_set(const char* name, InstructionSet* set) {
  InstructionSet sets[kMaxInstructionSets];
  const int count = available_instruction_sets(sets);
  for (int i = 0; i < count; i++) {
    if (std::strcmp(name, instruction_set_name(sets[i])) != 0) continue;
    *set = sets[i];
    return true;
  }
  return false;
}

}  // namespace hearth
