#include "supervisor/pool_totals.h"

#include <limits>
#include <string>

#include <doctest/doctest.h>

using namespace loka;
using namespace loka::supervisor;

namespace {

constexpr Instant kNow = Instant::from_ns(1'000'000'000'000);

// One slot's news of a pool, in seconds before now; 0: never.
struct News {
  int success = 0;
  int failure = 0;
  unsigned serving = 0;
  bool is_refused = false;
};

int64_t ago(int seconds) { return seconds == 0 ? 0 : (kNow - Duration::seconds(seconds)).ns(); }

PoolTotals totals_of(std::initializer_list<News> slots) {
  PoolTotals totals;
  for (const News& news : slots) {
    shm::PoolLine line;
    line.last_success_ns.store(ago(news.success));
    line.last_failure_ns.store(ago(news.failure));
    line.serving.store(news.serving);
    line.refused.store(news.is_refused ? 1 : 0);
    totals.add(line, kNow);
  }
  return totals;
}

std::string state(std::initializer_list<News> slots) { return totals_of(slots).entry(kNow).state; }

}  // namespace

TEST_CASE("pool_totals: the newest news of all slots says how a pool is") {
  CHECK(state({{}}) == "healthy");  // nobody has tried it
  CHECK(state({{.success = 5}}) == "healthy");
  CHECK(state({{.success = 5, .failure = 9}}) == "healthy");
  CHECK(state({{.success = 9, .failure = 5}}) == "failed");
  CHECK(state({{.failure = 5}, {}}) == "failed");
  CHECK(state({{.failure = 5, .is_refused = true}}) == "refused");
  CHECK(state({{.success = 9, .failure = 5, .serving = 3}}) == "degraded");
  CHECK(state({{.failure = 5}, {.success = 2}}) == "recovering");
}

TEST_CASE("pool_totals: an older refusal does not explain a newer failure") {
  CHECK(state({{.failure = 9, .is_refused = true}, {.failure = 5}}) == "failed");
  CHECK(state({{.failure = 9}, {.failure = 5, .is_refused = true}}) == "refused");
}

TEST_CASE("pool_totals: counts add up, ages are those of the newest") {
  PoolTotals totals;
  for (const unsigned i : {1U, 2U}) {
    shm::PoolLine line;
    line.connections.store(10 * i);
    line.serving.store(9 * i);
    line.failures_in_row.store(i);
    line.last_success_ns.store(ago(static_cast<int>(i)));
    totals.add(line, kNow);
    totals.add({.identity = 1, .accepted = 100 * i, .rejected = i});
  }
  const auto entry = totals.entry(kNow);
  CHECK(entry.connections == 30);
  CHECK(entry.serving == 27);
  CHECK(entry.accepted == 300);
  CHECK(entry.rejected == 3);
  CHECK(entry.failures_in_row == 2);
  CHECK(entry.last_success_s == 1.0);
  CHECK_FALSE(entry.last_failure_s.has_value());
}

TEST_CASE("pool_totals: latencies of all slots make one distribution") {
  PoolTotals totals;
  for (const int ms : {10, 1000}) {
    shm::PoolLine line;
    for (int i = 0; i < (ms == 10 ? 98 : 2); ++i) {
      line.submit_latency.add(Duration::milliseconds(ms));
    }
    totals.add(line, kNow);
  }
  const auto entry = totals.entry(kNow);
  CHECK(entry.latency_p50_ms == doctest::Approx(10).epsilon(0.2));
  CHECK(entry.latency_p99_ms == doctest::Approx(1000).epsilon(0.2));
}

TEST_CASE("pool_totals: moments that cannot be and counts beyond all reason do no harm") {
  PoolTotals totals;
  for (int i = 0; i < 2; ++i) {
    shm::PoolLine line;
    line.connections.store(UINT32_MAX);
    line.serving.store(UINT32_MAX);
    line.last_success_ns.store(std::numeric_limits<int64_t>::max());
    line.last_failure_ns.store(std::numeric_limits<int64_t>::min());
    totals.add(line, kNow);
    totals.add({.identity = 1, .accepted = UINT64_MAX, .rejected = UINT64_MAX});
  }
  const auto entry = totals.entry(kNow);
  CHECK(entry.connections == UINT32_MAX);
  CHECK_FALSE(entry.last_success_s.has_value());
  CHECK_FALSE(entry.last_failure_s.has_value());
  CHECK(entry.state == "healthy");
}
