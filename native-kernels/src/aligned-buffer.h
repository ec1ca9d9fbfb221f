// A grow-only block of memory for scratch, aligned to a cache line; to a huge page, and asking for some, when it is large.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#if defined(_WIN32)
#include <malloc.h>
#elif defined(__linux__)
#include <sys/mman.h>
#endif

namespace hearth {

class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  ~AlignedBuffer() { release(data_); }
  AlignedBuffer(const AlignedBuffer&) = delete;
  AlignedBuffer& operator=(const AlignedBuffer&) = delete;

  // At least `bytes`; what was in it before is lost when it grows. nullptr when out of memory.
  uint8_t* grow(size_t bytes) {
    if (bytes <= bytes_.load(std::memory_order_relaxed)) return data_;
    const size_t alignment = bytes >= kHugePage ? kHugePage : kCacheLine;
    const size_t rounded = (bytes + alignment - 1) / alignment * alignment;
    if (rounded < bytes) return nullptr;
    release(data_);
    data_ = acquire(alignment, rounded);
    bytes_.store(data_ == nullptr ? 0 : rounded, std::memory_order_relaxed);
    return data_;
  }

  size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  static constexpr size_t kCacheLine = 64;
  static constexpr size_t kHugePage = size_t{2} << 20;

  static uint8_t* acquire(size_t alignment, size_t bytes) {
#if defined(_WIN32)
    return static_cast<uint8_t*>(_aligned_malloc(bytes, alignment));
#else
    void* memory = nullptr;
    if (posix_memalign(&memory, alignment, bytes) != 0) return nullptr;
#if defined(__linux__)
    if (alignment == kHugePage) madvise(memory, bytes, MADV_HUGEPAGE);
#endif
    return static_cast<uint8_t*>(memory);
#endif
  }

  static void release(uint8_t* memory) {
#if defined(_WIN32)
    _aligned_free(memory);
#else
    std::free(memory);
#endif
  }

  uint8_t* data_ = nullptr;
  // Atomic because statistics read it from the caller's thread.
  std::atomic<size_t> bytes_{0};
};

}  // namespace hearth
