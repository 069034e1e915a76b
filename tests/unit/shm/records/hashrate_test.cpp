#include "shm/records/hashrate.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include <doctest/doctest.h>

using namespace loka;
using namespace loka::shm;

namespace {

// A share of difficulty 1 is found once in 2^48 / 0xffff hashes (Bitcoin wiki, "Difficulty").
constexpr double kHashesPerShare = 281474976710656.0 / 65535.0;

Instant at(double seconds) {
  return Instant::from_ns(1'000'000'000'000 + std::llround(seconds * 1e9));
}

// Shares of this difficulty at a constant pace, from 0 s to the end.
Hashrate after(double seconds, double shares_per_s, double difficulty) {
  Hashrate rate;
  for (int i = 0; i <= seconds * shares_per_s; ++i) rate.add(difficulty, at(i / shares_per_s));
  return rate;
}

}  // namespace

TEST_CASE("Hashrate: nothing before the first share") {
  const Hashrate rate;
  for (size_t window = 0; window < 3; ++window) CHECK(rate.hs(window, at(5)) == 0);
}

TEST_CASE("Hashrate: a constant pace shows its true rate in every window") {
  const auto rate = after(4 * 3600, 0.2, 65536);
  const double expected = 0.2 * 65536 * kHashesPerShare;  // 56.3 TH/s
  CHECK(rate.hs(0, at(4 * 3600)) == doctest::Approx(expected).epsilon(0.05));
  CHECK(rate.hs(1, at(4 * 3600)) == doctest::Approx(expected).epsilon(0.01));
  CHECK(rate.hs(2, at(4 * 3600)) == doctest::Approx(expected).epsilon(0.01));
}

TEST_CASE("Hashrate: a miner of two minutes shows its true rate over an hour") {
  const auto rate = after(120, 1, 1000);
  CHECK(rate.hs(2, at(120)) == doctest::Approx(1000 * kHashesPerShare).epsilon(0.02));
}

TEST_CASE("Hashrate: after the last share each window forgets at its own pace") {
  const auto rate = after(4 * 3600, 1, 1000);
  const double before = rate.hs(0, at(4 * 3600));
  // After one window's length an exponential mean has kept 1/e.
  CHECK(rate.hs(0, at(4 * 3600 + 60)) / before == doctest::Approx(0.3679).epsilon(0.001));
  CHECK(rate.hs(1, at(4 * 3600 + 60)) / before == doctest::Approx(0.8187).epsilon(0.01));
  CHECK(rate.hs(0, at(8 * 3600)) < 1);
}

TEST_CASE("Hashrate: the very first share does not look like a farm") {
  Hashrate rate;
  rate.add(1000, at(0));
  CHECK(rate.hs(0, at(0)) > 0);
  CHECK(rate.hs(0, at(0)) < 200 * kHashesPerShare);
}

TEST_CASE("Hashrate: what is no difficulty is not counted") {
  auto rate = after(60, 1, 1000);
  const auto expected = rate.difficulty_sum;
  for (const double bad : {0.0, -1.0, std::numeric_limits<double>::infinity(),
                           std::numeric_limits<double>::quiet_NaN()}) {
    rate.add(bad, at(60));
  }
  CHECK(rate.difficulty_sum == expected);
}

TEST_CASE("Hashrate: foreign bytes give a finite number") {
  Hashrate rate;
  rate.started_ns = std::numeric_limits<int64_t>::min();
  rate.updated_ns = std::numeric_limits<int64_t>::max();
  for (const double sum : {std::numeric_limits<double>::quiet_NaN(), 1e308, -1e308}) {
    rate.difficulty_sum.fill(sum);
    for (size_t window = 0; window < 3; ++window) CHECK(std::isfinite(rate.hs(window, at(0))));
  }
}
