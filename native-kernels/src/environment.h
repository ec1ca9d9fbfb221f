// What one JavaScript environment (main thread or worker) owns of the addon. Freed when that environment ends.
#pragma once
#include <node_api.h>

#include <memory>
#include <vector>

#include "attention.h"
#include "elementwise.h"
#include "file-window.h"
#include "loader.h"
#include "matmul.h"
#include "memory.h"
#include "thread-pool.h"

namespace hearth {

enum class HandleKind : uint8_t { None, Memory, File, Loader };

// A loader with the promises that wait for it; the promises are touched on the JavaScript thread only.
struct LoaderHandle {
  struct Wait {
    int64_t ticket;
    napi_deferred deferred;
  };
  LoaderHandle(Loader::Notify notify, void* context) : loader(new Loader(notify, context)) {}
  std::unique_ptr<Loader> loader;
  std::vector<Wait> waits;
};

// Handles are numbers: the slot, and how often it has been used before, so that a freed handle is refused.
class HandleTable {
 public:
  // 0 when the table is full.
  int64_t add(HandleKind kind, void* object);
  // nullptr for a handle that is not live or of another kind.
  void* find(HandleKind kind, double handle) const;
  // Like find, and the handle is dead afterwards.
  void* take(HandleKind kind, double handle);
  int64_t live() const { return live_; }

  template <typename F>
  void for_each(HandleKind kind, F&& f) {
    for (Slot& slot : slots_) {
      if (slot.kind == kind) f(slot.object);
    }
  }

 private:
  struct Slot {
    HandleKind kind = HandleKind::None;
    int64_t generation = 0;
    void* object = nullptr;
  };
  const Slot* slot_of(HandleKind kind, double handle) const;

  std::vector<Slot> slots_;
  std::vector<size_t> free_;
  int64_t live_ = 0;
};

class Environment {
 public:
  Environment();
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  // The pool is made at the first need. nullptr when the system refuses its threads.
  ThreadPool* pool(Failure& failure);
  void set_threads(int threads);
  int threads() const { return threads_; }
  // The pool's scratch and the buffer of unaligned reads.
  int64_t scratch_bytes() const;
  void set_instruction_set(InstructionSet chosen);

  // Makes the function by which loader threads wake the JavaScript thread. False with a pending exception.
  bool prepare_notifications(napi_env env);
  // Resolves and rejects what is due, and keeps the process alive only while something is waited for.
  void settle_waits(napi_env env);
  void settle(napi_env env, LoaderHandle& loader);
  void close_loader(napi_env env, LoaderHandle* loader);
  static void notify(void* environment);

  HandleTable handles;
  MemoryCounts counts;
  BounceBuffer bounce;
  InstructionSet set;
  const ElementwiseKernels* elementwise;
  const AttentionKernels* attention;

 private:
  static void on_notification(napi_env env, napi_value, void* environment, void*);
  static void on_teardown(void* environment);

  int threads_;
  std::unique_ptr<ThreadPool> pool_;
  napi_threadsafe_function notification_ = nullptr;
  size_t waiting_ = 0;
};

// An `Error` with the failure's code.
napi_value make_error(napi_env env, const Failure& failure);

}  // namespace hearth
