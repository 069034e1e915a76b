// What all slots together know of one pool: its state, connections, verdicts and latency. Pure;
// what it adds up is hostile data, see totals.h.
#pragma once

#include <array>
#include <cstdint>

#include "common/base/time.h"
#include "common/control/documents.h"
#include "shm/layout.h"

namespace loka::supervisor {

class PoolTotals {
 public:
  // One slot's line of this pool.
  void add(const shm::PoolLine& line, Instant now);
  // Its verdicts that one slot's shares count.
  void add(const shm::ShareBlock::PerPool& verdicts);

  // All but name, URL and role. State, by what was heard last over all slots:
  //   healthy     a success, or nothing was tried yet
  //   recovering  a success, but some slot has only failed since its own last success
  //   degraded    a failure, while connections go on working
  //   refused     a failure: the pool does not want our login
  //   failed      any other failure
  [[nodiscard]] control::PoolEntry entry(Instant now) const;

 private:
  [[nodiscard]] const char* state() const;

  uint64_t connections_ = 0;
  uint64_t serving_ = 0;
  uint64_t accepted_ = 0;
  uint64_t rejected_ = 0;
  uint32_t failures_in_row_ = 0;
  int64_t last_success_ns_ = 0;  // 0: never
  int64_t last_failure_ns_ = 0;
  bool was_refused_ = false;       // by whoever failed last
  bool has_failing_slot_ = false;  // a slot whose own last news is a failure
  std::array<uint64_t, shm::LatencyHistogram::kBuckets> latencies_{};
};

}  // namespace loka::supervisor
