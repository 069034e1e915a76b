// Latencies in buckets of powers of the fourth root of two, from 16 µs to about 70 s: relative
// error below 10 %, 88 counters, one writer.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "common/base/time.h"

namespace loka::shm {

class LatencyHistogram {
 public:
  static constexpr size_t kBuckets = 88;

  void add(Duration latency);
  // Takes over another's values; not at once: a reader may see some of both.
  void assign(const LatencyHistogram& other);
  // Adds this histogram's buckets to `sums`, for a reader that merges several slots.
  void merge_into(std::array<uint64_t, kBuckets>& sums) const;
  // The latency that a share `quantile` (0…1) of all values does not exceed, true to 10 % between
  // 16 µs and 67 s; zero without values.
  static Duration quantile(const std::array<uint64_t, kBuckets>& sums, double quantile);

 private:
  std::array<std::atomic<uint64_t>, kBuckets> buckets_{};
};

}  // namespace loka::shm
