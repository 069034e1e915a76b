#include "tools/sim/latency.h"

#include <algorithm>
#include <bit>

namespace loka::sim {

void Latency::add(Duration latency) {
  const int64_t us = std::max<int64_t>(0, latency.ns() / 1000);
  ++buckets_[bucket_of(static_cast<uint64_t>(us))];
  ++count_;
  max_us_ = std::max(max_us_, us);
}

void Latency::add(const Latency& other) {
  for (size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_us_ = std::max(max_us_, other.max_us_);
}

Duration Latency::quantile(double part) const {
  if (count_ == 0) return {};
  const auto wanted =
      std::max<uint64_t>(1, static_cast<uint64_t>(part * static_cast<double>(count_) + 0.999999));
  uint64_t seen = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i];
    if (seen >= wanted)
      return std::min(Duration::microseconds(static_cast<int64_t>(upper_us(i))), max());
  }
  return max();
}

size_t Latency::bucket_of(uint64_t us) {
  if (us < kSteps) return us;
  const auto power = static_cast<size_t>(std::bit_width(us)) - 6;  // 0 for 32 to 63
  const size_t step = (us >> power) - kSteps;
  return std::min(kSteps + power * kSteps + step, kBuckets - 1);
}

uint64_t Latency::upper_us(size_t bucket) {
  if (bucket < kSteps) return bucket;
  const size_t power = (bucket - kSteps) / kSteps;
  const uint64_t step = (bucket - kSteps) % kSteps;
  return ((kSteps + step + 1) << power) - 1;
}

}  // namespace loka::sim
