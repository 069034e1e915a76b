#include "shm/records/latency_histogram.h"

#include <array>
#include <cstdint>
#include <limits>
#include <memory>

#include <doctest/doctest.h>

using namespace loka;
using namespace loka::shm;

namespace {

using Sums = std::array<uint64_t, LatencyHistogram::kBuckets>;

Sums sums_of(const LatencyHistogram& histogram) {
  Sums sums{};
  histogram.merge_into(sums);
  return sums;
}

double quantile_s(const LatencyHistogram& histogram, double quantile) {
  return LatencyHistogram::quantile(sums_of(histogram), quantile).s();
}

}  // namespace

TEST_CASE("LatencyHistogram: without values every quantile is zero") {
  CHECK(LatencyHistogram::quantile(Sums{}, 0.5).ns() == 0);
}

TEST_CASE("LatencyHistogram: one value is found again to 10 % over the whole range") {
  for (double seconds = 16e-6; seconds < 67; seconds *= 1.01) {
    LatencyHistogram histogram;
    histogram.add(Duration::nanoseconds(static_cast<int64_t>(seconds * 1e9)));
    CHECK(quantile_s(histogram, 0.5) == doctest::Approx(seconds).epsilon(0.0999));
  }
}

TEST_CASE("LatencyHistogram: quantiles of 1…1000 ms are where they belong") {
  LatencyHistogram histogram;
  for (int ms = 1; ms <= 1000; ++ms) histogram.add(Duration::milliseconds(ms));
  CHECK(quantile_s(histogram, 0.0) == doctest::Approx(0.001).epsilon(0.1));
  CHECK(quantile_s(histogram, 0.5) == doctest::Approx(0.5).epsilon(0.1));
  CHECK(quantile_s(histogram, 0.99) == doctest::Approx(0.99).epsilon(0.1));
  CHECK(quantile_s(histogram, 1.0) == doctest::Approx(1.0).epsilon(0.1));
  CHECK(quantile_s(histogram, 7.0) == quantile_s(histogram, 1.0));
}

TEST_CASE("LatencyHistogram: what is out of range stands at its ends") {
  LatencyHistogram histogram;
  histogram.add(Duration::nanoseconds(-5));
  histogram.add(Duration::nanoseconds(0));
  histogram.add(Duration::hours(2));
  histogram.add(Duration::nanoseconds(std::numeric_limits<int64_t>::max()));
  const auto sums = sums_of(histogram);
  CHECK(sums.front() == 2);
  CHECK(sums.back() == 2);
}

TEST_CASE("LatencyHistogram: merging adds up and full counters do not overflow the sum") {
  LatencyHistogram histogram;
  histogram.add(Duration::milliseconds(1));
  Sums sums{};
  histogram.merge_into(sums);
  histogram.merge_into(sums);
  uint64_t total = 0;
  for (const uint64_t count : sums) total += count;
  CHECK(total == 2);

  Sums full{};
  full.fill(std::numeric_limits<uint64_t>::max());
  CHECK(LatencyHistogram::quantile(full, 0.5).s() == doctest::Approx(0.0327).epsilon(0.2));
}
