#include "common/policy/token_bucket.h"

#include <doctest/doctest.h>

using loka::Duration;
using loka::Instant;
using loka::policy::TokenBucket;
using loka::policy::TokenRate;

namespace {

constexpr TokenRate kRate = TokenRate::per(10, Duration::seconds(1), 3);

Instant at_ms(int64_t ms) { return Instant::from_ns(0) + Duration::milliseconds(ms); }

}  // namespace

TEST_CASE("token bucket: a full one gives its burst and then one token each interval") {
  TokenBucket bucket;
  CHECK(bucket.available(kRate, at_ms(1000)) == 3);
  for (int i = 0; i < 3; ++i) CHECK(bucket.take(kRate, at_ms(1000)));
  CHECK_FALSE(bucket.take(kRate, at_ms(1000)));
  CHECK_FALSE(bucket.take(kRate, at_ms(1099)));
  CHECK(bucket.next_at(kRate) == at_ms(1100));
  CHECK(bucket.take(kRate, at_ms(1100)));
  CHECK_FALSE(bucket.take(kRate, at_ms(1100)));
}

TEST_CASE("token bucket: saves up no more than its burst") {
  TokenBucket bucket;
  for (int i = 0; i < 3; ++i) bucket.take(kRate, at_ms(0));
  CHECK(bucket.available(kRate, at_ms(250)) == 2);
  CHECK(bucket.available(kRate, at_ms(1'000'000)) == 3);
}

TEST_CASE("token bucket: over a long time it lets through exactly its rate") {
  TokenBucket bucket;
  int taken = 0;
  for (int64_t ms = 0; ms < 100'000; ++ms) taken += bucket.take(kRate, at_ms(ms)) ? 1 : 0;
  CHECK(taken == 3 + 999);
}

TEST_CASE("token bucket: what was refused costs nothing") {
  TokenBucket bucket;
  for (int i = 0; i < 1000; ++i) bucket.take(kRate, at_ms(0));
  CHECK(bucket.take(kRate, at_ms(100)));
}

TEST_CASE("token bucket: a rate that is lowered or raised holds at once") {
  TokenBucket bucket;
  for (int i = 0; i < 3; ++i) bucket.take(kRate, at_ms(0));
  CHECK_FALSE(bucket.take(kRate, at_ms(50)));
  CHECK(bucket.take(TokenRate::per(10, Duration::seconds(1), 10), at_ms(50)));
  CHECK(bucket.take(TokenRate{}, at_ms(50)));  // no limit
}
