#include "shm/records/latency_histogram.h"

#include <algorithm>
#include <cmath>

namespace loka::shm {

namespace {

// Bucket i begins at 16 µs × 2^(i/4). What is shorter stands in the first bucket, what is longer
// than the end of the last (67 s) in the last.
constexpr double kFirstNs = 16'000;

constexpr auto kBeginsNs = [] {
  constexpr std::array<double, 4> kRoots{1.0, 1.1892071150027210, 1.4142135623730951,
                                         1.6817928305074290};
  std::array<int64_t, LatencyHistogram::kBuckets> begins{};
  double octave_ns = kFirstNs;
  for (size_t i = 0; i < begins.size(); ++i) {
    begins[i] = static_cast<int64_t>(octave_ns * kRoots[i % 4]);
    if (i % 4 == 3) octave_ns *= 2;
  }
  return begins;
}();

// The middle, counted in ratios, so that the error is the same up and down: below 9.1 %.
constexpr double kMiddleOfBucket = 1.0905077326652577;  // 2^(1/8)

}  // namespace

void LatencyHistogram::add(Duration latency) {
  const auto behind = std::upper_bound(kBeginsNs.begin() + 1, kBeginsNs.end(), latency.ns());
  auto& bucket = buckets_[static_cast<size_t>(behind - kBeginsNs.begin() - 1)];
  bucket.store(bucket.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

void LatencyHistogram::assign(const LatencyHistogram& other) {
  for (size_t i = 0; i < kBuckets; ++i)
    buckets_[i].store(other.buckets_[i].load(std::memory_order_relaxed), std::memory_order_relaxed);
}

void LatencyHistogram::merge_into(std::array<uint64_t, kBuckets>& sums) const {
  for (size_t i = 0; i < kBuckets; ++i) sums[i] += buckets_[i].load(std::memory_order_relaxed);
}

Duration LatencyHistogram::quantile(const std::array<uint64_t, kBuckets>& sums, double quantile) {
  double total = 0;
  for (const uint64_t count : sums) total += static_cast<double>(count);
  if (total == 0) return {};

  const double rank = std::max(1.0, std::ceil(std::clamp(quantile, 0.0, 1.0) * total));
  double reached = 0;
  size_t bucket = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    if (sums[i] == 0) continue;
    bucket = i;
    reached += static_cast<double>(sums[i]);
    if (reached >= rank) break;
  }
  return Duration::nanoseconds(
      static_cast<int64_t>(static_cast<double>(kBeginsNs[bucket]) * kMiddleOfBucket));
}

}  // namespace loka::shm
