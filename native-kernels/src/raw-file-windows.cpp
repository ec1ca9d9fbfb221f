#ifdef _WIN32
#include <windows.h>

#include "raw-file.h"
#include "wide-path.h"

namespace hearth {
namespace {

void refuse(const char* path, Failure& failure) {
  failure.set(FailureCode::Io, "Cannot read %s: Windows error %lu.", path, static_cast<unsigned long>(GetLastError()));
}

HANDLE open_with(const WidePath& path, DWORD flags) {
  return CreateFileW(path.c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr, OPEN_EXISTING, flags,
                     nullptr);
}

}  // namespace

bool open_raw(const char* path, bool direct, RawFile& file, Failure& failure) {
  const WidePath wide(path);
  HANDLE handle = direct ? open_with(wide, FILE_FLAG_NO_BUFFERING) : INVALID_HANDLE_VALUE;
  file.mode = handle == INVALID_HANDLE_VALUE ? ReadMode::Cached : ReadMode::Aligned;
  if (handle == INVALID_HANDLE_VALUE) handle = open_with(wide, FILE_FLAG_SEQUENTIAL_SCAN);
  if (handle == INVALID_HANDLE_VALUE) {
    refuse(path, failure);
    return false;
  }
  file.handle = reinterpret_cast<intptr_t>(handle);
  return true;
}

void close_raw(RawFile& file) {
  if (file.handle != -1) CloseHandle(reinterpret_cast<HANDLE>(file.handle));
  file.handle = -1;
}

int64_t read_raw(const RawFile& file, const char* path, int64_t offset, int64_t bytes, uint8_t* into,
                 Failure& failure) {
  constexpr int64_t kMostAtOnce = int64_t{1} << 30;
  OVERLAPPED where = {};
  where.Offset = static_cast<DWORD>(static_cast<uint64_t>(offset) & 0xffffffffu);
  where.OffsetHigh = static_cast<DWORD>(static_cast<uint64_t>(offset) >> 32);
  DWORD got = 0;
  const DWORD wanted = static_cast<DWORD>(bytes < kMostAtOnce ? bytes : kMostAtOnce);
  if (ReadFile(reinterpret_cast<HANDLE>(file.handle), into, wanted, &got, &where)) return got;
  if (GetLastError() == ERROR_HANDLE_EOF) return 0;
  refuse(path, failure);
  return kReadFailed;
}

bool leave_aligned_mode(const RawFile&) { return false; }

void drop_from_page_cache(const RawFile&, int64_t, int64_t) {}

}  // namespace hearth
#endif
