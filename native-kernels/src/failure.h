// What a native call reports when it cannot do its work: a code of KernelErrorCode and a sentence.
#pragma once
#include <cstdio>
#include <cstdint>

namespace hearth {

enum class FailureCode { None, BadHandle, OutOfBounds, BadArgument, OutOfMemory, Io, Cancelled };

struct Failure {
  FailureCode code = FailureCode::None;
  char sentence[512];

  // Only the first character is cleared: every call makes one of these.
  Failure() { sentence[0] = '\0'; }
  explicit operator bool() const { return code != FailureCode::None; }

  // Keeps the first failure: what follows from it says less. Returns false, so that callers can return it.
  template <typename... Values>
  bool set(FailureCode why, const char* format, Values... values) {
    if (code != FailureCode::None) return false;
    code = why;
    std::snprintf(sentence, sizeof(sentence), format, values...);
    return false;
  }

  bool set(FailureCode why, const char* text) { return set(why, "%s", text); }
};

inline const char* failure_code_name(FailureCode code) {
  switch (code) {
    case FailureCode::BadHandle: return "KERNEL_BAD_HANDLE";
    case FailureCode::OutOfBounds: return "KERNEL_OUT_OF_BOUNDS";
    case FailureCode::OutOfMemory: return "KERNEL_OUT_OF_MEMORY";
    case FailureCode::Io: return "KERNEL_IO";
    case FailureCode::Cancelled: return "KERNEL_CANCELLED";
    default: return "KERNEL_BAD_ARGUMENT";
  }
}

}  // namespace hearth
