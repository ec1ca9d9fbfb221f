#include "loader.h"

#include <algorithm>

namespace hearth {
namespace {

constexpr int64_t kPiece = int64_t{4} << 20;
// Enough requests under way that the disk never waits for us.
constexpr int kReadingThreads = 2;

int64_t nanoseconds_between(std::chrono::steady_clock::time_point from, std::chrono::steady_clock::time_point to) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(to - from).count();
}

}  // namespace

Loader::Loader(Notify notify, void* context) : notify_(notify), context_(context) {
  try {
    for (int i = 0; i < kReadingThreads; i++) threads_.emplace_back([this] { serve(); });
  } catch (...) {
    // One reading thread serves; none is an error, with nothing left running behind it.
    if (threads_.empty()) throw;
  }
}

Loader::~Loader() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  for (Read& read : queue_) let_go(read);
}

int64_t Loader::submit(WeightFile& file, int64_t file_offset, int64_t bytes, Memory& memory, int64_t offset) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    queue_.push_back(Read{submitted_ + 1, &file, &memory, file_offset, bytes, offset, 0, 0});
    file.retain();
    memory.retain();
    submitted_++;
    if (bytes == 0) pop_finished();
  }
  work_.notify_all();
  return submitted_;
}

LoaderProgress Loader::progress() {
  LoaderProgress result;
  result.failed = failed_.load(std::memory_order_acquire);
  result.completed = completed_.load(std::memory_order_acquire);
  if (!result.failed) return result;
  std::lock_guard<std::mutex> lock(mutex_);
  result.completed = completed_.load(std::memory_order_relaxed);
  result.failure = failure_;
  return result;
}

void Loader::await(int64_t ticket) {
  bool ready;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    awaited_ = ticket;
    ready = ticket != INT64_MAX && (completed_.load() >= ticket || failed_.load());
  }
  if (ready) notify_(context_);
}

void Loader::rates(int64_t& bytes, int64_t& nanoseconds) {
  std::lock_guard<std::mutex> lock(mutex_);
  bytes = bytes_;
  nanoseconds = nanoseconds_ + (active_ > 0 ? nanoseconds_between(active_since_, Clock::now()) : 0);
}

void Loader::serve() {
  BounceBuffer bounce;
  Piece piece;
  for (;;) {
    {
      std::unique_lock<std::mutex> lock(mutex_);
      if (!take_piece(lock, piece)) return;
    }
    Failure failure;
    piece.read->file->read(piece.file_offset, piece.bytes, piece.into, bounce, failure);
    finish_piece(piece, failure);
  }
}

// Waits for a piece; false when the loader stops.
bool Loader::take_piece(std::unique_lock<std::mutex>& lock, Piece& piece) {
  work_.wait(lock, [this] { return stop_ || next_read() != nullptr; });
  if (stop_) return false;
  Read& read = *next_read();
  const int64_t start = read.file_offset + read.handed_out;
  // Pieces end where the next can start aligned.
  const int64_t end = std::min((start / kPiece + 1) * kPiece, read.file_offset + read.bytes);
  piece = Piece{&read, start, end - start, read.memory->data() + read.offset + read.handed_out};
  read.handed_out += piece.bytes;
  read.in_flight++;
  if (active_++ == 0) active_since_ = Clock::now();
  return true;
}

void Loader::finish_piece(const Piece& piece, const Failure& failure) {
  bool somebody_waits;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (--active_ == 0) nanoseconds_ += nanoseconds_between(active_since_, Clock::now());
    piece.read->in_flight--;
    if (failure) {
      note_failure(piece.read->ticket, failure);
    } else {
      bytes_ += piece.bytes;
    }
    pop_finished();
    somebody_waits = awaited_ != INT64_MAX && (failed_.load() || completed_.load() >= awaited_);
  }
  if (somebody_waits) notify_(context_);
}

// The first read with bytes to hand out; after a failure nothing more is read.
Loader::Read* Loader::next_read() {
  if (failed_ticket_ != 0) return nullptr;
  for (Read& read : queue_) {
    if (read.handed_out < read.bytes) return &read;
  }
  return nullptr;
}

void Loader::pop_finished() {
  while (!queue_.empty()) {
    Read& read = queue_.front();
    const bool done = read.handed_out == read.bytes && read.in_flight == 0;
    if (!done || (failed_ticket_ != 0 && read.ticket >= failed_ticket_)) return;
    completed_.store(read.ticket, std::memory_order_release);
    let_go(read);
    queue_.pop_front();
  }
}

// Reads before the failed one were handed out before it, so they still come to their end.
void Loader::note_failure(int64_t ticket, const Failure& failure) {
  if (failed_ticket_ != 0 && failed_ticket_ <= ticket) return;
  failed_ticket_ = ticket;
  failure_ = failure;
  failed_.store(true, std::memory_order_release);
}

void Loader::let_go(Read& read) {
  read.file->release();
  read.memory->release();
}

}  // namespace hearth
