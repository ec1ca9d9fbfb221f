#ifdef _WIN32
#include <windows.h>

#include "system-pages.h"
#include "wide-path.h"

namespace hearth {
namespace {

DWORD high(int64_t value) { return static_cast<DWORD>(static_cast<uint64_t>(value) >> 32); }
DWORD low(int64_t value) { return static_cast<DWORD>(static_cast<uint64_t>(value) & 0xffffffffu); }

void* map_open_file(HANDLE file, const char* path, int64_t offset, int64_t bytes, Failure& failure) {
  LARGE_INTEGER size;
  if (!GetFileSizeEx(file, &size) || size.QuadPart < offset + bytes) {
    failure.set(FailureCode::Io, "%s is too short: %lld bytes are needed.", path,
                static_cast<long long>(offset + bytes));
    return nullptr;
  }
  HANDLE mapping = CreateFileMappingW(file, nullptr, PAGE_READONLY, 0, 0, nullptr);
  void* base = nullptr;
  if (mapping != nullptr) {
    base = MapViewOfFile(mapping, FILE_MAP_READ, high(offset), low(offset), static_cast<SIZE_T>(bytes));
    CloseHandle(mapping);  // The view keeps it alive.
  }
  if (base == nullptr) {
    failure.set(FailureCode::Io, "Cannot map %s: Windows error %lu.", path, static_cast<unsigned long>(GetLastError()));
  }
  return base;
}

}  // namespace

void* reserve_pages(int64_t bytes) {
  return VirtualAlloc(nullptr, static_cast<SIZE_T>(bytes), MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

void release_pages(void* base, int64_t) { VirtualFree(base, 0, MEM_RELEASE); }

bool discard_pages(void* start, int64_t bytes) {
  // Committing anew after a decommit gives zeroed pages.
  return VirtualFree(start, static_cast<SIZE_T>(bytes), MEM_DECOMMIT) != 0 &&
         VirtualAlloc(start, static_cast<SIZE_T>(bytes), MEM_COMMIT, PAGE_READWRITE) != nullptr;
}

void trim_heap() { HeapCompact(GetProcessHeap(), 0); }

int64_t system_page_bytes() {
  SYSTEM_INFO info;
  GetSystemInfo(&info);
  return static_cast<int64_t>(info.dwPageSize);
}

int64_t map_granularity() {
  SYSTEM_INFO info;
  GetSystemInfo(&info);
  return static_cast<int64_t>(info.dwAllocationGranularity);
}

void* map_file(const char* path, int64_t offset, int64_t bytes, Failure& failure) {
  const WidePath wide(path);
  HANDLE file = CreateFileW(wide.c_str(), GENERIC_READ, FILE_SHARE_READ, nullptr, OPEN_EXISTING, 0, nullptr);
  if (file == INVALID_HANDLE_VALUE) {
    failure.set(FailureCode::Io, "Cannot open %s: Windows error %lu.", path,
                static_cast<unsigned long>(GetLastError()));
    return nullptr;
  }
  void* base = map_open_file(file, path, offset, bytes, failure);
  CloseHandle(file);
  return base;
}

void unmap_file(void* base, int64_t) { UnmapViewOfFile(base); }

}  // namespace hearth
#endif
