// Reads of any part of a file into memory, past the page cache where asked for.
#pragma once
#include <atomic>
#include <cstdint>
#include <string>

#include "failure.h"
#include "raw-file.h"

namespace hearth {

// Where a part of a file lands whose offset, address or length is not aligned. Made at the first need.
class BounceBuffer {
 public:
  static constexpr int64_t kBytes = int64_t{1} << 20;

  BounceBuffer() = default;
  ~BounceBuffer();
  BounceBuffer(const BounceBuffer&) = delete;
  BounceBuffer& operator=(const BounceBuffer&) = delete;

  uint8_t* get(Failure& failure);
  int64_t bytes() const { return data_ == nullptr ? 0 : kBytes; }

 private:
  uint8_t* data_ = nullptr;
};

// Shared by its handle and by the reads under way from it: closed when the last of them lets go.
class WeightFile {
 public:
  static WeightFile* open(const char* path, bool direct, Failure& failure);

  WeightFile(const WeightFile&) = delete;
  WeightFile& operator=(const WeightFile&) = delete;

  void retain() { users_.fetch_add(1, std::memory_order_relaxed); }
  void release();

  // Exactly `bytes` from `offset`; a shorter file is a failure. Several threads may read at once, each with its bounce.
  bool read(int64_t offset, int64_t bytes, uint8_t* into, BounceBuffer& bounce, Failure& failure);

  // Gives back the file's pages in the page cache that are written and that nobody has mapped.
  void drop_from_cache() const { drop_from_page_cache(file_, 0, 0); }

 private:
  WeightFile(const char* path, const RawFile& file) : path_(path), file_(file), mode_(file.mode) {}
  ~WeightFile() { close_raw(file_); }

  // The next part of a read: bytes that arrived, 0 at the end of the file, or a value below 0 as read_raw's.
  int64_t read_part(int64_t offset, int64_t bytes, uint8_t* into, BounceBuffer& bounce, Failure& failure);
  int64_t read_bounced(int64_t offset, int64_t bytes, uint8_t* into, BounceBuffer& bounce, Failure& failure);

  const std::string path_;
  RawFile file_;
  std::atomic<ReadMode> mode_;  // Changed by the first thread whose aligned read is refused.
  std::atomic<int> users_{1};
};

}  // namespace hearth
