#include "memory.h"

#include <new>

#include "system-pages.h"

namespace hearth {

Memory::Memory(uint8_t* data, int64_t bytes, bool writable, void* base, int64_t base_bytes, MemoryCounts& counts)
    : data_(data), bytes_(bytes), writable_(writable), base_(base), base_bytes_(base_bytes), counts_(counts) {
  (writable_ ? counts_.allocated : counts_.mapped).fetch_add(bytes_);
}

Memory::~Memory() {
  if (writable_) {
    release_pages(base_, base_bytes_);
  } else {
    unmap_file(base_, base_bytes_);
  }
  (writable_ ? counts_.allocated : counts_.mapped).fetch_sub(bytes_);
}

Memory* Memory::allocate(int64_t bytes, MemoryCounts& counts, Failure& failure) {
  const int64_t rounded = (bytes + kPage - 1) / kPage * kPage;
  void* base = reserve_pages(rounded);
  if (base == nullptr) {
    failure.set(FailureCode::OutOfMemory, "The system refused %lld bytes of memory.", static_cast<long long>(bytes));
    return nullptr;
  }
  Memory* memory = new (std::nothrow) Memory(static_cast<uint8_t*>(base), bytes, true, base, rounded, counts);
  if (memory == nullptr) {
    release_pages(base, rounded);
    failure.set(FailureCode::OutOfMemory, "The system is out of memory.");
  }
  return memory;
}

Memory* Memory::map(const char* path, int64_t offset, int64_t bytes, MemoryCounts& counts, Failure& failure) {
  const int64_t before = offset % map_granularity();
  void* base = map_file(path, offset - before, bytes + before, failure);
  if (base == nullptr) return nullptr;
  Memory* memory =
      new (std::nothrow) Memory(static_cast<uint8_t*>(base) + before, bytes, false, base, bytes + before, counts);
  if (memory == nullptr) {
    unmap_file(base, bytes + before);
    failure.set(FailureCode::OutOfMemory, "The system is out of memory.");
  }
  return memory;
}

void Memory::release() {
  if (users_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

bool Memory::discard(int64_t offset, int64_t bytes, Failure& failure) {
  const int64_t page = system_page_bytes();  // 4096 on most machines, 16384 on Apple's.
  const int64_t first = (offset + page - 1) / page * page;
  const int64_t last = (offset + bytes) / page * page;
  if (last <= first) return true;
  if (discard_pages(data_ + first, last - first)) return true;
  return failure.set(FailureCode::OutOfMemory, "The system refused to take memory back.");
}

}  // namespace hearth
