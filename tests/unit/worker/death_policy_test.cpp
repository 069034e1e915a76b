#include "worker/death_policy.h"

#include <csignal>
#include <vector>

#include <doctest/doctest.h>

using namespace loka;
using namespace loka::worker;

namespace {

constexpr double kNoJitter = 0.5;
constexpr EngineDeath kFruitless{SIGKILL, 0, {}};
constexpr EngineDeath kFruitful{SIGKILL, 1, {}};

// A row of fruitless deaths from a fresh slot.
std::vector<AfterDeath> row_of(int deaths) {
  std::vector<AfterDeath> row;
  uint32_t fruitless = 0;
  for (int i = 0; i < deaths; ++i) {
    row.push_back(after_death(kFruitless, fruitless, kNoJitter));
    fruitless = row.back().fruitless;
  }
  return row;
}

}  // namespace

TEST_CASE("after_death: fruitful deaths are followed at once, however many") {
  for (const uint32_t before : {0U, 1U, 4U, 100U}) {
    const auto after = after_death(kFruitful, before, kNoJitter);
    CHECK(after.fruitless == 0);
    CHECK(after.wait.ns() == 0);
    CHECK_FALSE(after.wipe);
    CHECK_FALSE(after.is_failed);
  }
}

TEST_CASE("after_death: fruitless deaths back off, wipe at the third, fail at the fifth") {
  const auto row = row_of(8);
  const std::vector<int64_t> waits_ms{100, 200, 400, 800, 30'000, 30'000, 30'000, 30'000};
  for (size_t i = 0; i < row.size(); ++i) {
    CAPTURE(i);
    CHECK(row[i].fruitless == i + 1);
    CHECK(row[i].wait.ms() == waits_ms[i]);
    CHECK(row[i].wipe == (i + 1 == 3 || i + 1 == 6));
    CHECK(row[i].is_failed == (i + 1 >= 5));
  }
}

TEST_CASE("after_death: one fruitful death in between begins the row anew") {
  const auto served = after_death(kFruitful, row_of(4).back().fruitless, kNoJitter);
  const auto next = after_death(kFruitless, served.fruitless, kNoJitter);
  CHECK(next.fruitless == 1);
  CHECK(next.wait.ms() == 100);
  CHECK_FALSE(next.is_failed);
}

TEST_CASE("after_death: an engine that was ready for ten seconds proved itself without a line") {
  const EngineDeath early{SIGKILL, 0, Duration::milliseconds(9'999)};
  const EngineDeath proven{SIGKILL, 0, Duration::seconds(10)};
  CHECK(after_death(early, 4, kNoJitter).is_failed);
  CHECK(after_death(proven, 4, kNoJitter).fruitless == 0);
  CHECK(after_death(proven, 4, kNoJitter).wait.ns() == 0);
}

TEST_CASE("after_death: jitter is a quarter either way and never more") {
  for (const uint32_t before : {0U, 3U, 4U, 1'000'000U}) {
    const auto low = after_death(kFruitless, before, 0.0).wait;
    const auto middle = after_death(kFruitless, before, 0.5).wait;
    const auto high = after_death(kFruitless, before, 0.999999).wait;
    CHECK(low.s() == doctest::Approx(middle.s() * 0.75));
    CHECK(high.s() == doctest::Approx(middle.s() * 1.25).epsilon(0.001));
  }
}

TEST_CASE("after_death: a memory fault renews the keeper, whether it was fruitful or not") {
  for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGABRT}) {
    CHECK(after_death({signal, 0, {}}, 0, kNoJitter).renew_keeper);
    CHECK(after_death({signal, 9, {}}, 0, kNoJitter).renew_keeper);
  }
  for (const int signal : {0, SIGKILL, SIGTERM, SIGFPE, SIGXCPU}) {
    CHECK_FALSE(after_death({signal, 0, {}}, 0, kNoJitter).renew_keeper);
  }
}
