#ifndef _WIN32
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system-pages.h"

namespace hearth {
namespace {

constexpr int64_t kHugePage = int64_t{2} << 20;

bool check_length(int fd, const char* path, int64_t end, Failure& failure) {
  struct stat status;
  if (fstat(fd, &status) != 0) return failure.set(FailureCode::Io, "Cannot read %s: %s.", path, std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return failure.set(FailureCode::Io, "Cannot map %s: it is not a regular file.", path);
  if (static_cast<int64_t>(status.st_size) >= end) return true;
  return failure.set(FailureCode::Io, "%s is too short: it has %lld bytes, %lld are needed.", path,
                     static_cast<long long>(status.st_size), static_cast<long long>(end));
}

}  // namespace

void* reserve_pages(int64_t bytes) {
  void* base = mmap(nullptr, static_cast<size_t>(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (base == MAP_FAILED) return nullptr;
#ifdef MADV_HUGEPAGE
  if (bytes >= kHugePage) madvise(base, static_cast<size_t>(bytes), MADV_HUGEPAGE);
#endif
  return base;
}

void release_pages(void* base, int64_t bytes) { munmap(base, static_cast<size_t>(bytes)); }

bool discard_pages(void* start, int64_t bytes) {
#ifdef __linux__
  return madvise(start, static_cast<size_t>(bytes), MADV_DONTNEED) == 0;
#else
  // Elsewhere MADV_DONTNEED may keep the contents: fresh pages take the old ones' place.
  return mmap(start, static_cast<size_t>(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
              0) != MAP_FAILED;
#endif
}

void trim_heap() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

int64_t system_page_bytes() {
  static const int64_t bytes = sysconf(_SC_PAGESIZE);
  return bytes;
}

int64_t map_granularity() { return system_page_bytes(); }

void* map_file(const char* path, int64_t offset, int64_t bytes, Failure& failure) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    failure.set(FailureCode::Io, "Cannot open %s: %s.", path, std::strerror(errno));
    return nullptr;
  }
  void* base = nullptr;
  if (check_length(fd, path, offset + bytes, failure)) {
    base = mmap(nullptr, static_cast<size_t>(bytes), PROT_READ, MAP_SHARED, fd, static_cast<off_t>(offset));
    if (base == MAP_FAILED) {
      failure.set(FailureCode::Io, "Cannot map %s: %s.", path, std::strerror(errno));
      base = nullptr;
    }
  }
  close(fd);
  return base;
}

void unmap_file(void* base, int64_t bytes) { munmap(base, static_cast<size_t>(bytes)); }

}  // namespace hearth
#endif
