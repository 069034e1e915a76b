// Runs a command in one or more processes and waits for them. The parent does nothing else: it
// passes signals on, reports progress, and adds up what the children leave in shared memory.
#pragma once

#include <cstddef>
#include <functional>
#include <new>
#include <type_traits>

#include <sys/mman.h>

#include "common/base/check.h"
#include "common/base/time.h"

namespace loka::sim {

// An array of plain structs that survives fork() as the same memory, zeroed. Each child writes its
// own element, and the parent reads them for progress while they change; what it prints at the end
// it reads when they are gone.
template <class T>
class SharedArray {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  explicit SharedArray(size_t count) : count_(count) {
    void* memory = ::mmap(nullptr, count * sizeof(T), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED);
    items_ = static_cast<T*>(memory);
    for (size_t i = 0; i < count; ++i) new (items_ + i) T();
  }
  ~SharedArray() { ::munmap(items_, count_ * sizeof(T)); }
  SharedArray(const SharedArray&) = delete;
  SharedArray& operator=(const SharedArray&) = delete;

  T& operator[](size_t index) { return items_[index]; }
  [[nodiscard]] T sum() const {
    T total{};
    for (size_t i = 0; i < count_; ++i) total.add(items_[i]);
    return total;
  }

 private:
  size_t count_;
  T* items_;
};

struct ShardsResult {
  int exit_code = 0;  // the worst of the children's; EX_SOFTWARE if one was killed
  Duration elapsed;
  Duration cpu;  // of the children
};

// Forks `count` children that return run(index). SIGINT and SIGTERM reach each as a SIGTERM that is
// blocked and waits for a signalfd; a child dies with its parent. on_tick is called in the parent
// at this interval, if it is not zero.
ShardsResult run_shards(size_t count, const std::function<int(size_t)>& run, Duration tick,
                        const std::function<void()>& on_tick);

// In a child: readable when the run is to end. CHECKs that the system gives one.
[[nodiscard]] int open_stop_signal();
// Takes one signal off it.
void take_stop_signal(int descriptor);

}  // namespace loka::sim
