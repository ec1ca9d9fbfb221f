#ifndef _WIN32
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory.h"
#include "raw-file.h"

namespace hearth {
namespace {

bool refuse(const char* path, Failure& failure) {
  return failure.set(FailureCode::Io, "Cannot read %s: %s.", path, std::strerror(errno));
}

// Without read-ahead, so that no page beyond those asked for comes into the cache.
void stop_read_ahead(const RawFile& file) {
#ifdef POSIX_FADV_RANDOM
  posix_fadvise(static_cast<int>(file.handle), 0, 0, POSIX_FADV_RANDOM);
#else
  (void)file;
#endif
}

bool open_plain(const char* path, RawFile& file, Failure& failure) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return refuse(path, failure);
  file.handle = fd;
  file.mode = ReadMode::Cached;
  return true;
}

bool is_regular(const RawFile& file, const char* path, Failure& failure) {
  struct stat status;
  if (fstat(static_cast<int>(file.handle), &status) != 0) return refuse(path, failure);
  if (S_ISREG(status.st_mode)) return true;
  return failure.set(FailureCode::Io, "Cannot read %s: it is not a regular file.", path);
}

}  // namespace

bool open_raw(const char* path, bool direct, RawFile& file, Failure& failure) {
#ifdef O_DIRECT
  if (direct) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_DIRECT);
    if (fd >= 0) {
      file.handle = fd;
      file.mode = ReadMode::Aligned;
    } else if (errno != EINVAL) {
      return refuse(path, failure);
    }
  }
#endif
  if (file.handle < 0) {
    if (!open_plain(path, file, failure)) return false;
    if (direct) {
      file.mode = ReadMode::ReadAndDrop;
      stop_read_ahead(file);
    }
#ifdef F_NOCACHE
    if (direct && fcntl(static_cast<int>(file.handle), F_NOCACHE, 1) == 0) file.mode = ReadMode::Uncached;
#endif
  }
  if (is_regular(file, path, failure)) return true;
  close_raw(file);
  return false;
}

void close_raw(RawFile& file) {
  if (file.handle >= 0) close(static_cast<int>(file.handle));
  file.handle = -1;
}

int64_t read_raw(const RawFile& file, const char* path, int64_t offset, int64_t bytes, uint8_t* into,
                 Failure& failure) {
  for (;;) {
    const ssize_t got =
        pread(static_cast<int>(file.handle), into, static_cast<size_t>(bytes), static_cast<off_t>(offset));
    if (got >= 0) return got;
    if (errno == EINTR) continue;
    if (errno == EINVAL && file.mode == ReadMode::Aligned) return kNotAlignedEnough;
    refuse(path, failure);
    return kReadFailed;
  }
}

bool leave_aligned_mode(const RawFile& file) {
#ifdef O_DIRECT
  const int flags = fcntl(static_cast<int>(file.handle), F_GETFL);
  if (flags < 0 || fcntl(static_cast<int>(file.handle), F_SETFL, flags & ~O_DIRECT) != 0) return false;
  stop_read_ahead(file);
  return true;
#else
  (void)file;
  return false;
#endif
}

void drop_from_page_cache(const RawFile& file, int64_t offset, int64_t bytes) {
#ifdef POSIX_FADV_DONTNEED
  // Only whole pages are dropped: those at the edges are taken in.
  const int64_t first = offset / kPage * kPage, last = (offset + bytes + kPage - 1) / kPage * kPage;
  posix_fadvise(static_cast<int>(file.handle), static_cast<off_t>(first), static_cast<off_t>(last - first),
                POSIX_FADV_DONTNEED);
#else
  (void)file, (void)offset, (void)bytes;
#endif
}

}  // namespace hearth
#endif
