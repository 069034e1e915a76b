// Latencies with 3 % resolution from 1 µs to 70 s, for the percentiles of a report. Plain memory:
// shards fill one each and the report adds them up.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "common/base/time.h"

namespace loka::sim {

class Latency {
 public:
  void add(Duration latency);
  void add(const Latency& other);

  [[nodiscard]] uint64_t count() const { return count_; }
  [[nodiscard]] Duration max() const { return Duration::microseconds(max_us_); }
  // The latency that this part (0 to 1) of all does not exceed, never above max(); zero without
  // any.
  [[nodiscard]] Duration quantile(double part) const;

 private:
  // Each power of two is divided into 32 steps; below 32 µs every microsecond is one.
  static constexpr size_t kSteps = 32;
  static constexpr size_t kPowers = 22;
  static constexpr size_t kBuckets = kSteps * (kPowers + 1);
  static size_t bucket_of(uint64_t us);
  static uint64_t upper_us(size_t bucket);

  std::array<uint64_t, kBuckets> buckets_{};
  uint64_t count_ = 0;
  int64_t max_us_ = 0;
};

}  // namespace loka::sim
