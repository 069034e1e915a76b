// What the simulator counts with: latencies, open submits, totals.
#include <doctest/doctest.h>

#include "common/json/document.h"
#include "tools/sim/farm_totals.h"
#include "tools/sim/latency.h"
#include "tools/sim/open_submits.h"
#include "tools/sim/pool_totals.h"

using namespace loka::sim;
using loka::Duration;
using loka::Instant;

namespace {

Duration us(int64_t n) { return Duration::microseconds(n); }

}  // namespace

TEST_CASE("latency: quantiles are right to 4 %, from microseconds to a minute") {
  for (const int64_t value : {1LL, 31LL, 32LL, 100LL, 999LL, 65'536LL, 1'000'000LL, 60'000'000LL}) {
    Latency latency;
    for (int i = 0; i < 99; ++i) latency.add(us(value));
    latency.add(us(2 * value));
    CHECK(static_cast<double>(latency.quantile(0.5).ns()) / 1000.0 ==
          doctest::Approx(static_cast<double>(value)).epsilon(0.04));
    CHECK(static_cast<double>(latency.quantile(1).ns()) / 1000.0 ==
          doctest::Approx(static_cast<double>(2 * value)).epsilon(0.04));
    CHECK(latency.max() == us(2 * value));
  }
}

TEST_CASE("latency: the part that a quantile names is counted, not interpolated") {
  Latency latency;
  for (int i = 1; i <= 10; ++i) latency.add(us(i));
  CHECK(latency.quantile(0.5) == us(5));
  CHECK(latency.quantile(0.51) == us(6));
  CHECK(latency.quantile(0.99) == us(10));
  CHECK(latency.quantile(0) == us(1));
}

TEST_CASE("latency: none is zero, and sums are of all") {
  Latency one, other;
  CHECK(one.quantile(0.99) == Duration());
  one.add(us(10));
  other.add(us(20));
  other.add(Duration::hours(1));
  one.add(other);
  CHECK(one.count() == 3);
  CHECK(one.max() == Duration::hours(1));
  CHECK(one.quantile(0.5) == us(20));
}

TEST_CASE("open_submits: every id is taken once, in whatever order") {
  OpenSubmits open;
  for (uint64_t id = 5; id < 8; ++id) open.add(id, Instant::from_ns(static_cast<int64_t>(id)));
  CHECK(open.take(6) == Instant::from_ns(6));
  CHECK_FALSE(open.take(6).has_value());
  CHECK_FALSE(open.take(4).has_value());
  CHECK(open.take(7) == Instant::from_ns(7));
  CHECK(open.size() == 1);
  CHECK(open.abandon() == 1);
  CHECK_FALSE(open.take(5).has_value());
}

TEST_CASE("open_submits: a miner with too many waits") {
  OpenSubmits open;
  for (uint64_t id = 1; id <= OpenSubmits::kMax; ++id) {
    CHECK_FALSE(open.is_full());
    open.add(id, Instant());
  }
  CHECK(open.is_full());
  CHECK(open.take(1).has_value());
  CHECK_FALSE(open.is_full());
}

TEST_CASE("farm_totals: codes are counted apart, and beyond the table together") {
  CodeCounts counts;
  for (int code = 1; code <= 40; ++code) counts.add(code, static_cast<uint64_t>(code));
  counts.add(7);
  CHECK(counts.of(7) == 8);
  CHECK(counts.of(23) == 23);
  uint64_t sum = 0;
  counts.for_each([&](int, uint64_t count) { sum += count; });
  CHECK(sum == 40 * 41 / 2 + 1);
  CodeCounts twice = counts;
  twice.add(counts);
  CHECK(twice.of(7) == 16);
  CHECK(twice.of(CodeCounts::kOther) == 2 * counts.of(CodeCounts::kOther));
}

TEST_CASE("farm_totals: the report is one line of JSON with the names that scripts rely on") {
  FarmTotals totals;
  totals.miners = 3;
  totals.submitted = 10;
  totals.accepted = 7;
  totals.rejected = 3;
  totals.rejected_by_code.add(21, 2);
  totals.rejected_by_code.add(23);
  totals.latency.add(Duration::milliseconds(4));
  const std::string text = json_of(totals, Duration::seconds(5), Duration::seconds(1));
  CHECK(text.find('\n') == text.size() - 1);
  const auto document = loka::json::Document::parse(text);
  REQUIRE(document.has_value());
  const auto root = document->root();
  for (const char* name :
       {"miners", "connected_max", "connections_lost", "connect_failures", "submitted", "accepted",
        "rejected", "lost", "answered_twice", "duration_s", "submits_per_s", "reconnects"})
    CHECK_MESSAGE(root[name].as_double().has_value(), name);
  CHECK(root["rejected_by_code"]["21"].as_uint64() == 2U);
  CHECK(root["rejected_by_code"]["23"].as_uint64() == 1U);
  CHECK(root["latency_ms"]["p99"].as_double() == 4.0);
  CHECK(root["submits_per_s"].as_double() == 2.0);
}

TEST_CASE("farm_totals: a lost answer or one too many is not clean, a reject is") {
  FarmTotals totals;
  totals.rejected = 5;
  totals.abandoned = 5;
  CHECK(totals.is_clean());
  totals.lost = 1;
  CHECK_FALSE(totals.is_clean());
  totals.lost = 0;
  totals.answered_twice = 1;
  CHECK_FALSE(totals.is_clean());
}

TEST_CASE("pool_totals: shards add up, and reasons have names") {
  PoolTotals one;
  one.submits = 4;
  one.accepted = 1;
  one.rejected[static_cast<size_t>(loka::mining::Reason::kDuplicate)] = 2;
  one.rejected_at_random = 1;
  PoolTotals sum;
  sum.add(one);
  sum.add(one);
  CHECK(sum.rejected_sum() == 6);
  const std::string text = json_of(sum, Duration::seconds(1), Duration());
  const auto document = loka::json::Document::parse(text);
  REQUIRE(document.has_value());
  CHECK(document->root()["submits"].as_uint64() == 8U);
  CHECK(document->root()["duplicates"].as_uint64() == 4U);
  CHECK(document->root()["rejected_by_reason"]["duplicate"].as_uint64() == 4U);
  CHECK(document->root()["rejected_by_reason"]["random"].as_uint64() == 2U);
  CHECK(table_of(sum, Duration::seconds(1), Duration()).find("duplicate") != std::string::npos);
}
