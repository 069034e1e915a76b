#include "worker/watchdog.h"

#include <doctest/doctest.h>

using namespace loka;
using namespace loka::worker;

namespace {

constexpr Duration kMs = Duration::milliseconds(1);

// An engine as a keeper sees it, a look every 100 ms.
struct Engine {
  explicit Engine(bool serving) {
    signs.is_serving = serving;
    watchdog.start(0, now);
    beat();
  }

  // Lets time pass, with this share of one CPU used; returns the first verdict that is not kWait.
  Verdict pass(Duration time, double cpu_share, bool beats = false) {
    for (Duration passed; passed < time; passed = passed + kLookEvery) {
      now = now + kLookEvery;
      signs.cpu = signs.cpu + Duration::nanoseconds(static_cast<int64_t>(
                                  static_cast<double>(kLookEvery.ns()) * cpu_share));
      if (beats) ++signs.heartbeat_ns;
      const Verdict verdict = watchdog.look(signs, now);
      if (verdict != Verdict::kWait) return verdict;
    }
    return Verdict::kWait;
  }

  void beat() {
    ++signs.heartbeat_ns;
    (void)watchdog.look(signs, now);
  }

  Watchdog watchdog;
  EngineSigns signs;
  Instant now = Instant::from_ns(5'000'000'000);
};

}  // namespace

TEST_CASE("watchdog: an engine that beats lives, however busy it is") {
  Engine engine(true);
  CHECK(engine.pass(Duration::minutes(5), 1.0, true) == Verdict::kWait);
}

TEST_CASE("watchdog: silence is judged by what the engine does meanwhile") {
  struct Row {
    const char* what;
    bool is_serving;
    bool is_stopped;
    double cpu_share;
    Duration waits;  // still alive after
    Duration ends;   // judged after
    Verdict verdict;
  };
  const Row rows[] = {
      {"serving, stopped", true, true, 0, kMs * 900, kMs * 1000, Verdict::kStopped},
      {"serving, burning", true, false, 1, kMs * 900, kMs * 1000, Verdict::kBurning},
      {"serving, burning half a core", true, false, 0.5, kMs * 900, kMs * 1000, Verdict::kBurning},
      {"serving, burning a tenth", true, false, 0.1, kMs * 4900, kMs * 5000, Verdict::kBurning},
      {"serving, starved", true, false, 0, kMs * 29'900, kMs * 30'000, Verdict::kDeafened},
      {"serving, nearly starved", true, false, 0.01, kMs * 29'900, kMs * 30'000,
       Verdict::kDeafened},
      {"recovering, stopped", false, true, 0, kMs * 900, kMs * 1000, Verdict::kStopped},
      {"recovering, burning", false, false, 1, kMs * 9900, kMs * 10'000, Verdict::kBurning},
      {"recovering, starved", false, false, 0, kMs * 29'900, kMs * 30'000, Verdict::kDeafened},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Engine engine(row.is_serving);
    engine.signs.is_stopped = row.is_stopped;
    CHECK(engine.pass(row.waits, row.cpu_share) == Verdict::kWait);
    CHECK(engine.pass(row.ends - row.waits, row.cpu_share) == row.verdict);
  }
}

TEST_CASE("watchdog: CPU used before the last beat does not count") {
  Engine engine(true);
  CHECK(engine.pass(Duration::seconds(20), 1.0, true) == Verdict::kWait);
  CHECK(engine.pass(Duration::seconds(20), 0.0) == Verdict::kWait);
}

TEST_CASE("watchdog: a beat in the last moment gives a whole second again") {
  Engine engine(true);
  for (int i = 0; i < 20; ++i) {
    CHECK(engine.pass(kMs * 900, 1.0) == Verdict::kWait);
    engine.beat();
  }
}

TEST_CASE("watchdog: a beat per record keeps a long recovery alive") {
  Engine engine(false);
  CHECK(engine.pass(Duration::minutes(2), 1.0, true) == Verdict::kWait);
}

TEST_CASE("watchdog: a keeper that slept itself does not judge by the clock") {
  Engine engine(true);
  engine.signs.is_stopped = true;
  engine.now = engine.now + Duration::minutes(10);
  CHECK(engine.pass(kLookEvery * (kLooksMin - 1), 1.0) == Verdict::kWait);
  CHECK(engine.pass(kLookEvery, 1.0) == Verdict::kStopped);
}

TEST_CASE("watchdog: an engine that never beat at all is judged as a recovering one") {
  Engine engine(false);
  engine.watchdog.start(engine.signs.heartbeat_ns, engine.now);
  CHECK(engine.pass(kMs * 9900, 1.0) == Verdict::kWait);
  CHECK(engine.pass(kMs * 100, 1.0) == Verdict::kBurning);
}

TEST_CASE("watchdog: a beat from the future or the past is only a beat") {
  Engine engine(true);
  engine.signs.heartbeat_ns = INT64_MAX;
  engine.signs.is_stopped = true;
  CHECK(engine.pass(kMs * 1000, 0) == Verdict::kWait);  // the first look took it for a beat
  CHECK(engine.pass(kMs * 200, 0) == Verdict::kStopped);
  Engine other(true);
  other.signs.heartbeat_ns = INT64_MIN;
  CHECK(other.pass(kMs * 1000, 1.0) == Verdict::kWait);
}

TEST_CASE("watchdog: every verdict has its words") {
  for (const auto verdict : {Verdict::kStopped, Verdict::kBurning, Verdict::kDeafened}) {
    CHECK(describe(verdict) != describe(Verdict::kWait));
    CHECK_FALSE(describe(verdict).empty());
  }
}
