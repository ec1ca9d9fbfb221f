// The system calls behind WeightFile; one file for POSIX and one for Windows.
#pragma once
#include <cstdint>

#include "failure.h"

namespace hearth {

// How a file is read without leaving its pages in the page cache.
enum class ReadMode {
  Cached,          // The caller wants the page cache.
  Aligned,         // O_DIRECT or FILE_FLAG_NO_BUFFERING: offset, address and length must be multiples of kPage.
  Uncached,        // F_NOCACHE: any alignment.
  ReadAndDrop,     // Through the page cache, then dropped from it, where the file system refuses the others.
};

struct RawFile {
  intptr_t handle = -1;
  ReadMode mode = ReadMode::Cached;  // As opened.
};

bool open_raw(const char* path, bool direct, RawFile& file, Failure& failure);
void close_raw(RawFile& file);

constexpr int64_t kReadFailed = -1;     // `failure` is set.
constexpr int64_t kNotAlignedEnough = -2;  // The file system wants more of an aligned read than kPage.

// Bytes read (at most `bytes`), 0 at the end of the file, or one of the two above.
int64_t read_raw(const RawFile& file, const char* path, int64_t offset, int64_t bytes, uint8_t* into, Failure& failure);

// After a refused aligned read: from now on any alignment is served, as in ReadAndDrop. False when that is impossible.
bool leave_aligned_mode(const RawFile& file);

// ReadAndDrop's second half. 0 bytes: all from `offset` to the end of the file.
void drop_from_page_cache(const RawFile& file, int64_t offset, int64_t bytes);

}  // namespace hearth
