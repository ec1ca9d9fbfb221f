// A persistent pool: workers spin a little, then sleep. The calling thread is worker 0. One pool per JS environment.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

namespace hearth {

class ThreadPool {
 public:
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const;

  // Calls fn(context, begin, end, worker) over [0, n) in chunks of at most `grain`, handed out by an atomic counter;
  // returns when all are done. Runs inline when one chunk covers n or the pool has one thread. Must not be nested.
  using Body = void (*)(void* context, int64_t begin, int64_t end, int worker);
  void run(int64_t n, int64_t grain, Body fn, void* context);

  template <typename F>
  void parallel(int64_t n, int64_t grain, F&& f) {
    run(n, grain, [](void* c, int64_t b, int64_t e, int w) { (*static_cast<F*>(c))(b, e, w); },
        const_cast<void*>(static_cast<const void*>(&f)));
  }

  // Grow-only scratch, 64-byte aligned: one shared area (slot -1) or one per worker. nullptr when out of memory.
  uint8_t* scratch(int worker, size_t bytes);
  size_t scratch_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

int physical_cores();

}  // namespace hearth
