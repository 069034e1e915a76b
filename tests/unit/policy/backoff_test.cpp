#include "common/policy/backoff.h"

#include <initializer_list>

#include <doctest/doctest.h>

using loka::Duration;

namespace {

Duration ceiling(uint32_t failures) {
  return loka::policy::backoff_ceiling(failures, Duration::milliseconds(100),
                                       Duration::seconds(30));
}

Duration delay(uint32_t failures, uint64_t random) {
  return loka::policy::backoff(failures, Duration::milliseconds(100), Duration::seconds(30),
                               random);
}

}  // namespace

TEST_CASE("backoff: doubles with each failure up to its ceiling") {
  CHECK(ceiling(0) == Duration());
  CHECK(ceiling(1) == Duration::milliseconds(100));
  CHECK(ceiling(2) == Duration::milliseconds(200));
  CHECK(ceiling(9) == Duration::milliseconds(25'600));
  CHECK(ceiling(10) == Duration::seconds(30));
  CHECK(ceiling(0xffffffff) == Duration::seconds(30));
}

TEST_CASE("backoff: the random number spreads the wait over the upper half") {
  CHECK(delay(3, 0) == Duration::milliseconds(200));
  CHECK(delay(3, 200'000'000) == Duration::milliseconds(400));
  CHECK(delay(3, 200'000'001) == Duration::milliseconds(200));
  for (const uint64_t random : {1UL, 0x123456789abcdefUL, ~0UL}) {
    CHECK(delay(20, random) >= Duration::seconds(15));
    CHECK(delay(20, random) <= Duration::seconds(30));
  }
  CHECK(delay(0, ~0UL) == Duration());
}
