// A background reader: a queue of reads, served in order by threads of its own, in pieces.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "file-window.h"
#include "memory.h"

namespace hearth {

struct LoaderProgress {
  int64_t completed = 0;  // All tickets up to this one are done.
  bool failed = false;
  Failure failure;  // Of the first ticket that failed.
};

class Loader {
 public:
  // `notify(context)` is called on a reading thread when a ticket that somebody awaits is done, or a read failed.
  using Notify = void (*)(void* context);
  Loader(Notify notify, void* context);
  // Cancels what is queued and joins the threads.
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  // The range of `memory` has been checked. Returns the ticket: 1, 2, 3, …
  int64_t submit(WeightFile& file, int64_t file_offset, int64_t bytes, Memory& memory, int64_t offset);

  // Cheap: no lock unless a read failed.
  LoaderProgress progress();
  int64_t submitted() const { return submitted_; }
  // Asks for a notification when `ticket` is done (INT64_MAX: nobody waits).
  void await(int64_t ticket);
  void rates(int64_t& bytes, int64_t& nanoseconds);

 private:
  using Clock = std::chrono::steady_clock;

  struct Read {
    int64_t ticket;
    WeightFile* file;
    Memory* memory;
    int64_t file_offset, bytes, offset;
    int64_t handed_out;  // bytes given to reading threads
    int in_flight;       // pieces being read
  };
  struct Piece {
    Read* read;
    int64_t file_offset, bytes;
    uint8_t* into;
  };

  void serve();
  bool take_piece(std::unique_lock<std::mutex>& lock, Piece& piece);
  void finish_piece(const Piece& piece, const Failure& failure);
  Read* next_read();
  void pop_finished();
  void note_failure(int64_t ticket, const Failure& failure);
  static void let_go(Read& read);

  const Notify notify_;
  void* const context_;

  std::mutex mutex_;
  std::condition_variable work_;
  std::deque<Read> queue_;  // Reads not yet done, in order; addresses stay while they are in it.
  bool stop_ = false;
  int64_t failed_ticket_ = 0;  // 0: none
  Failure failure_;
  int64_t awaited_ = INT64_MAX;
  int64_t submitted_ = 0;
  int active_ = 0;  // Pieces being read by all threads.
  Clock::time_point active_since_;
  int64_t bytes_ = 0, nanoseconds_ = 0;

  std::atomic<int64_t> completed_{0};
  std::atomic<bool> failed_{false};
  std::vector<std::thread> threads_;
};

}  // namespace hearth
