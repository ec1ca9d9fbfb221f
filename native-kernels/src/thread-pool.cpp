// How a job is handed out: the caller writes the job's fields, then stores the number of chunks in `remaining`. Whoever
// wants a chunk decrements `remaining` by compare-and-swap while it is above zero; only then are the fields read, and
// they stay as they are until that chunk is counted in `done`, because the caller returns only when all are. So a worker
// that wakes late finds nothing to claim and touches nothing of a job that is over, and nobody waits for it.
#include "thread-pool.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

#include "aligned-buffer.h"
#include "cpu-features.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace hearth {
namespace {

using Clock = std::chrono::steady_clock;

// About the gap between two kernels of one token, garbage collections left out. Waking an idle core costs as much.
constexpr std::chrono::microseconds kSpinWithFreeCores(50);
// With more threads than processors a spinning thread holds up the one it waits for.
constexpr std::chrono::microseconds kSpinWhenCrowded(2);

// Threads awake in all pools of this process: workers that do not sleep, and callers inside run(). A pool nobody uses
// counts for nothing.
std::atomic<int> g_awake{0};

class Awake {
 public:
  Awake() { g_awake.fetch_add(1, std::memory_order_relaxed); }
  ~Awake() { g_awake.fetch_sub(1, std::memory_order_relaxed); }
  Awake(const Awake&) = delete;
  Awake& operator=(const Awake&) = delete;
};

void pause_briefly() {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#elif defined(__aarch64__) && !defined(_MSC_VER)
  __asm__ volatile("yield");
#endif
}

// Spins until `ready()` or the time is up; says whether it became ready.
template <typename Ready>
bool spin_until(std::chrono::microseconds limit, Ready ready) {
  for (int i = 0; i < 64; i++) {
    if (ready()) return true;
    pause_briefly();
  }
  const Clock::time_point give_up = Clock::now() + limit;
  do {
    for (int i = 0; i < 64; i++) {
      if (ready()) return true;
      pause_briefly();
    }
    std::this_thread::yield();  // The thread that is waited for may want this very processor.
  } while (Clock::now() < give_up);
  return false;
}

}  // namespace

struct ThreadPool::State {
  explicit State(int threads) : size(threads), shared(), per_worker(static_cast<size_t>(threads)) {}

  const int size;
  const int processors = usable_processors();

  // The job. Written by the caller while `remaining` is 0 and every chunk is done.
  Body body = nullptr;
  void* context = nullptr;
  int64_t n = 0, grain = 1, chunks = 0;

  // On cache lines of their own: everybody polls the first, finishers write the second.
  alignas(64) std::atomic<int64_t> remaining{0};
  alignas(64) std::atomic<int64_t> done{0};
  alignas(64) std::atomic<int> sleepers{0};
  std::atomic<bool> caller_sleeps{false};
  std::atomic<bool> stop{false};

  std::mutex mutex;
  std::condition_variable work_is_there, all_is_done;
  std::vector<std::thread> workers;

  AlignedBuffer shared;
  std::vector<AlignedBuffer> per_worker;

  std::chrono::microseconds spin_time() const {
    return g_awake.load(std::memory_order_relaxed) <= processors ? kSpinWithFreeCores : kSpinWhenCrowded;
  }

  bool work_or_stop() const { return remaining.load() > 0 || stop.load(); }

  // Claims one chunk; its index, or -1 when none is left.
  int64_t claim() {
    int64_t left = remaining.load(std::memory_order_acquire);
    while (left > 0) {
      if (remaining.compare_exchange_weak(left, left - 1, std::memory_order_acq_rel, std::memory_order_acquire)) {
        return chunks - left;
      }
    }
    return -1;
  }

  // Works until no chunk is left.
  void work(int worker) {
    for (int64_t chunk = claim(); chunk >= 0; chunk = claim()) {
      const int64_t begin = chunk * grain, all = chunks;
      const int64_t end = begin + grain < n ? begin + grain : n;
      body(context, begin, end, worker);
      // Sequentially consistent, against the caller's `caller_sleeps` then `done`: one of the two sees the other.
      if (done.fetch_add(1) + 1 == all && worker != 0 && caller_sleeps.load()) {
        std::lock_guard<std::mutex> lock(mutex);
        all_is_done.notify_one();
      }
    }
  }

  void worker_loop(int worker) {
    for (;;) {
      if (!work_while_awake(worker)) return;
      sleep_until_work();
    }
  }

  // Works and spins until there was nothing to do for a while; false when the pool stops.
  bool work_while_awake(int worker) {
    const Awake awake;
    while (spin_until(spin_time(), [this] { return work_or_stop(); })) {
      if (stop.load()) return false;
      work(worker);
    }
    return true;
  }

  void sleep_until_work() {
    std::unique_lock<std::mutex> lock(mutex);
    // Sequentially consistent, against the caller's `remaining` then `sleepers`.
    sleepers.fetch_add(1);
    work_is_there.wait(lock, [this] { return work_or_stop(); });
    sleepers.fetch_sub(1);
  }

  void wake_sleepers() {
    if (sleepers.load() == 0) return;
    std::lock_guard<std::mutex> lock(mutex);
    work_is_there.notify_all();
  }

  void wait_for_all() {
    const int64_t all = chunks;
    if (spin_until(spin_time(), [this, all] { return done.load() == all; })) return;
    std::unique_lock<std::mutex> lock(mutex);
    caller_sleeps.store(true);
    all_is_done.wait(lock, [this, all] { return done.load() == all; });
    caller_sleeps.store(false);
  }

  void shut_down() {
    stop.store(true);
    {
      std::lock_guard<std::mutex> lock(mutex);
      work_is_there.notify_all();
    }
    for (std::thread& worker : workers) worker.join();
  }
};

ThreadPool::ThreadPool(int threads) : state_(new State(threads < 1 ? 1 : threads)) {
  State* state = state_.get();
  try {
    for (int i = 1; i < state->size; i++) state->workers.emplace_back([state, i] { state->worker_loop(i); });
  } catch (...) {
    state->shut_down();  // The system refused a thread: leave nothing running behind the error.
    throw;
  }
}

ThreadPool::~ThreadPool() { state_->shut_down(); }

int ThreadPool::threads() const { return state_->size; }

void ThreadPool::run(int64_t n, int64_t grain, Body fn, void* context) {
  if (n <= 0) return;
  State& state = *state_;
  if (state.size == 1 || grain >= n) {
    fn(context, 0, n, 0);
    return;
  }
  state.body = fn;
  state.context = context;
  state.n = n;
  state.grain = grain < 1 ? 1 : grain;
  state.chunks = (n + state.grain - 1) / state.grain;
  state.done.store(0, std::memory_order_relaxed);
  const Awake awake;
  state.remaining.store(state.chunks);
  state.wake_sleepers();
  state.work(0);
  state.wait_for_all();
}

uint8_t* ThreadPool::scratch(int worker, size_t bytes) {
  AlignedBuffer& buffer = worker < 0 ? state_->shared : state_->per_worker[static_cast<size_t>(worker)];
  return buffer.grow(bytes);
}

size_t ThreadPool::scratch_bytes() const {
  size_t total = state_->shared.bytes();
  for (const AlignedBuffer& buffer : state_->per_worker) total += buffer.bytes();
  return total;
}

}  // namespace hearth
