#include "file-window.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "memory.h"
#include "system-pages.h"

namespace hearth {
namespace {

bool is_page_aligned(int64_t value) { return value % kPage == 0; }
bool is_page_aligned(const uint8_t* address) { return reinterpret_cast<uintptr_t>(address) % kPage == 0; }

}  // namespace

BounceBuffer::~BounceBuffer() {
  if (data_ != nullptr) release_pages(data_, kBytes);
}

uint8_t* BounceBuffer::get(Failure& failure) {
  if (data_ == nullptr) data_ = static_cast<uint8_t*>(reserve_pages(kBytes));
  if (data_ == nullptr) failure.set(FailureCode::OutOfMemory, "The system refused a read buffer.");
  return data_;
}

WeightFile* WeightFile::open(const char* path, bool direct, Failure& failure) {
  RawFile raw;
  if (!open_raw(path, direct, raw, failure)) return nullptr;
  WeightFile* file = new (std::nothrow) WeightFile(path, raw);
  if (file == nullptr) {
    close_raw(raw);
    failure.set(FailureCode::OutOfMemory, "The system is out of memory.");
  }
  return file;
}

void WeightFile::release() {
  if (users_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

bool WeightFile::read(int64_t offset, int64_t bytes, uint8_t* into, BounceBuffer& bounce, Failure& failure) {
  for (int64_t done = 0; done < bytes;) {
    const int64_t got = read_part(offset + done, bytes - done, into + done, bounce, failure);
    if (got == kReadFailed) return false;
    if (got == kNotAlignedEnough) {
      if (!leave_aligned_mode(file_)) {
        return failure.set(FailureCode::Io, "%s cannot be read past the page cache.", path_.c_str());
      }
      mode_.store(ReadMode::ReadAndDrop);
      continue;
    }
    if (got == 0) {
      return failure.set(FailureCode::Io, "%s is too short: it ends before byte %lld.", path_.c_str(),
                         static_cast<long long>(offset + bytes));
    }
    done += got;
  }
  if (mode_.load() == ReadMode::ReadAndDrop) drop_from_page_cache(file_, offset, bytes);
  return true;
}

int64_t WeightFile::read_part(int64_t offset, int64_t bytes, uint8_t* into, BounceBuffer& bounce, Failure& failure) {
  if (mode_.load() != ReadMode::Aligned) return read_raw(file_, path_.c_str(), offset, bytes, into, failure);
  if (!is_page_aligned(offset) || !is_page_aligned(into) || bytes < kPage) {
    return read_bounced(offset, bytes, into, bounce, failure);
  }
  return read_raw(file_, path_.c_str(), offset, bytes / kPage * kPage, into, failure);
}

int64_t WeightFile::read_bounced(int64_t offset, int64_t bytes, uint8_t* into, BounceBuffer& bounce,
                                 Failure& failure) {
  uint8_t* buffer = bounce.get(failure);
  if (buffer == nullptr) return kReadFailed;
  const int64_t before = offset % kPage;
  int64_t wanted = std::min(BounceBuffer::kBytes, (before + bytes + kPage - 1) / kPage * kPage);
  // Where file and memory are out of step by the same amount, one page brings both into step.
  const bool in_step_after = is_page_aligned(into - before) && bytes > kPage;
  if (in_step_after && before != 0) wanted = kPage;
  const int64_t got = read_raw(file_, path_.c_str(), offset - before, wanted, buffer, failure);
  if (got < 0) return got;
  const int64_t useful = std::min(got - before, bytes);
  if (useful <= 0) return 0;
  std::memcpy(into, buffer + before, static_cast<size_t>(useful));
  return useful;
}

}  // namespace hearth
