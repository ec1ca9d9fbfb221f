// Memory straight from the system: zeroed pages, and read-only mappings of files.
#pragma once
#include <atomic>
#include <cstdint>

#include "failure.h"

namespace hearth {

constexpr int64_t kPage = 4096;

// Counts what one JavaScript environment holds. Loader threads release too, so the counts are atomic.
struct MemoryCounts {
  std::atomic<int64_t> allocated{0};
  std::atomic<int64_t> mapped{0};
};

// Shared by its handle and by the reads under way into it: freed when the last of them lets go.
class Memory {
 public:
  // Zeroed and aligned to kPage; from 2 MiB up huge pages are asked for. nullptr with `failure` set when refused.
  static Memory* allocate(int64_t bytes, MemoryCounts& counts, Failure& failure);
  // Read-only mapping of a part of a file; `offset` needs no alignment.
  static Memory* map(const char* path, int64_t offset, int64_t bytes, MemoryCounts& counts, Failure& failure);

  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  void retain() { users_.fetch_add(1, std::memory_order_relaxed); }
  void release();

  // Gives the whole pages inside [offset, offset + bytes) back to the system; they read as zero afterwards.
  bool discard(int64_t offset, int64_t bytes, Failure& failure);

  uint8_t* data() const { return data_; }
  int64_t bytes() const { return bytes_; }
  bool writable() const { return writable_; }

 private:
  Memory(uint8_t* data, int64_t bytes, bool writable, void* base, int64_t base_bytes, MemoryCounts& counts);
  ~Memory();

  uint8_t* const data_;
  const int64_t bytes_;
  const bool writable_;
  void* const base_;  // What the system gave: pages that hold data_ … data_ + bytes_.
  const int64_t base_bytes_;
  MemoryCounts& counts_;
  std::atomic<int> users_{1};
};

}  // namespace hearth
