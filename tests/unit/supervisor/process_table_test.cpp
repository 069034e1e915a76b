#include "supervisor/process_table.h"

#include <algorithm>
#include <set>
#include <vector>

#include <doctest/doctest.h>

using namespace loka;
using namespace loka::supervisor;

namespace {

using Kind = Decision::Kind;
using Decisions = std::vector<Decision>;

constexpr Instant kStart = Instant::from_ns(1'000'000'000);
constexpr uint64_t kLeast = 0;  // the random bits that give half of the ceiling

Instant at_ms(int64_t ms) { return kStart + Duration::milliseconds(ms); }

// A table whose keepers all run, with pids 101, 102, …, and serve.
ProcessTable serving_table(uint32_t slots) {
  ProcessTable table(slots, kStart);
  (void)table.decide(kStart);
  for (uint32_t slot = 1; slot <= slots; ++slot) {
    table.keeper_started(slot, static_cast<pid_t>(100 + slot), kStart);
    table.observe(slot, true, kStart);
  }
  return table;
}

// How long a keeper that dies at once is waited for, this time.
int64_t restart_in_ms(ProcessTable& table, Instant& now, uint64_t random) {
  (void)table.decide(now);
  table.keeper_started(1, 7, now);
  const Duration pause = table.keeper_died(1, now, random).restart_in;
  const auto early = table.decide(now + pause - Duration::nanoseconds(1));
  CHECK(std::ranges::find(early, Decision{Kind::kStart, 1}) == early.end());
  now = now + pause;
  return pause.ms();
}

}  // namespace

TEST_CASE("process_table: every slot is started at once, and once") {
  ProcessTable table(2, kStart);
  CHECK(table.decide(kStart) == Decisions{{Kind::kStart, 1}, {Kind::kStart, 2}});
  CHECK(table.decide(kStart).empty());
  table.keeper_started(1, 11, kStart);
  table.keeper_started(2, 12, kStart);
  CHECK(table.decide(at_ms(1000)).empty());
  CHECK(table.slot_of(12) == 2);
  CHECK_FALSE(table.slot_of(13).has_value());
  CHECK_FALSE(table.slot_of(0).has_value());
}

TEST_CASE("process_table: a keeper that dies at once is started later each time, up to 30 s") {
  ProcessTable table(1, kStart);
  Instant now = kStart;
  std::vector<int64_t> pauses;
  for (int i = 0; i < 11; ++i) pauses.push_back(restart_in_ms(table, now, kLeast));
  CHECK(pauses ==
        std::vector<int64_t>{50, 100, 200, 400, 800, 1600, 3200, 6400, 12800, 15000, 15000});
}

TEST_CASE("process_table: the pause is jittered, and never above 30 s") {
  std::set<int64_t> pauses;
  for (uint64_t random = 0; random < 20; ++random) {
    ProcessTable table(1, kStart);
    Instant now = kStart;
    for (int i = 0; i < 20; ++i) {
      pauses.insert(restart_in_ms(table, now, random * 0x9e3779b97f4a7c15U));
    }
  }
  CHECK(*pauses.begin() >= 50);
  CHECK(*pauses.rbegin() <= 30'000);
  CHECK(*pauses.rbegin() > 25'000);
  CHECK(pauses.size() > 100);
}

TEST_CASE("process_table: it never gives up, even after a thousand deaths") {
  ProcessTable table(1, kStart);
  Instant now = kStart;
  for (int i = 0; i < 1000; ++i) (void)restart_in_ms(table, now, kLeast);
  CHECK(table.decide(now) == Decisions{{Kind::kStart, 1}});
}

TEST_CASE("process_table: a keeper that was well for 10 s starts the back-off anew") {
  ProcessTable table(1, kStart);
  Instant now = kStart;
  for (int i = 0; i < 5; ++i) (void)restart_in_ms(table, now, kLeast);
  (void)table.decide(now);
  table.keeper_started(1, 7, now);
  now = now + kHealthyAfter - Duration::nanoseconds(1);
  CHECK(table.keeper_died(1, now, kLeast).restart_in == Duration::milliseconds(1600));
  now = now + Duration::seconds(4);
  (void)table.decide(now);
  table.keeper_started(1, 8, now);
  const auto death = table.keeper_died(1, now + kHealthyAfter, kLeast);
  CHECK(death.restart_in == Duration::milliseconds(50));
  CHECK(death.ran == kHealthyAfter);
  CHECK_FALSE(death.was_asked);
}

TEST_CASE("process_table: a keeper that cannot be started is tried again with the same back-off") {
  ProcessTable table(1, kStart);
  (void)table.decide(kStart);
  table.keeper_not_started(1, kStart, kLeast);
  CHECK(table.decide(at_ms(49)).empty());
  CHECK(table.decide(at_ms(50)) == Decisions{{Kind::kStart, 1}});
  table.keeper_not_started(1, at_ms(50), kLeast);
  CHECK(table.decide(at_ms(149)).empty());
  CHECK(table.decide(at_ms(150)) == Decisions{{Kind::kStart, 1}});
}

TEST_CASE("process_table: a slot without an engine for 2 s leaves the group, and joins again") {
  ProcessTable table = serving_table(3);
  table.observe(2, false, at_ms(1000));
  CHECK(table.decide(at_ms(2999)).empty());
  CHECK(table.members() == std::vector<uint32_t>{1, 2, 3});
  CHECK(table.decide(at_ms(3000)) == Decisions{{Kind::kLeaveGroup, 2}});
  CHECK(table.members() == std::vector<uint32_t>{1, 3});
  CHECK(table.decide(at_ms(9000)).empty());
  table.observe(2, true, at_ms(9000));
  CHECK(table.decide(at_ms(9000)) == Decisions{{Kind::kJoinGroup, 2}});
  CHECK(table.members() == std::vector<uint32_t>{1, 2, 3});
}

TEST_CASE("process_table: an engine that is replaced within 2 s leaves the group alone") {
  ProcessTable table = serving_table(2);
  for (int64_t ms = 0; ms < 20'000; ms += 1000) {
    table.observe(1, ms % 2000 == 0, at_ms(ms));
    CHECK(table.decide(at_ms(ms)).empty());
  }
}

TEST_CASE("process_table: what a dead keeper left in the segment does not count as serving") {
  ProcessTable table = serving_table(2);
  (void)table.keeper_died(1, at_ms(100), kLeast);
  table.observe(1, true, at_ms(150));
  CHECK_FALSE(table.serves(1));
  CHECK(table.serving() == 1);
  CHECK(table.decide(at_ms(200)) == Decisions{{Kind::kStart, 1}});
  table.keeper_not_started(1, at_ms(200), kLeast);
  CHECK(table.decide(at_ms(2100)) == Decisions{{Kind::kStart, 1}, {Kind::kLeaveGroup, 1}});
}

TEST_CASE("process_table: slots that never serve leave the group 2 s after the start") {
  ProcessTable table(1, kStart);
  (void)table.decide(kStart);
  table.keeper_started(1, 7, kStart);
  table.observe(1, false, at_ms(1999));
  CHECK(table.decide(at_ms(1999)).empty());
  CHECK(table.decide(at_ms(2000)) == Decisions{{Kind::kLeaveGroup, 1}});
}

TEST_CASE("process_table: a stop asks every keeper once and kills those left after 10 s") {
  ProcessTable table = serving_table(2);
  table.stop(at_ms(0));
  CHECK(table.decide(at_ms(0)) == Decisions{{Kind::kTerminate, 1}, {Kind::kTerminate, 2}});
  const auto death = table.keeper_died(1, at_ms(50), kLeast);
  CHECK(death.was_asked);
  CHECK(death.restart_in == Duration());
  CHECK_FALSE(table.has_stopped());
  CHECK(table.decide(at_ms(9999)).empty());
  CHECK(table.decide(at_ms(10'000)) == Decisions{{Kind::kKill, 2}});
  CHECK(table.decide(at_ms(20'000)).empty());
  (void)table.keeper_died(2, at_ms(20'000), kLeast);
  CHECK(table.has_stopped());
  CHECK(table.decide(at_ms(60'000)).empty());
}

TEST_CASE("process_table: a second stop kills at once") {
  ProcessTable table = serving_table(2);
  table.stop(at_ms(0));
  (void)table.decide(at_ms(0));
  table.stop_at_once();
  CHECK(table.decide(at_ms(1)) == Decisions{{Kind::kKill, 1}, {Kind::kKill, 2}});
}

TEST_CASE("process_table: nothing is started while stopping, and an empty table has stopped") {
  ProcessTable table(1, kStart);
  (void)table.decide(kStart);
  table.keeper_not_started(1, kStart, kLeast);
  table.stop(kStart);
  CHECK(table.decide(at_ms(60'000)).empty());
  CHECK(table.has_stopped());
}
