#include "worker/upstream/pool_choice.h"

#include <memory>

#include <doctest/doctest.h>

namespace loka::worker {
namespace {

// Three pools in order, and what this engine knows of them.
struct Fixture {
  Fixture() {
    for (const char* name : {"a", "b", "c"}) {
      config::Pool pool;
      pool.name = name;
      pool.address = {"pool.example.com", 3333};
      config.pools.push_back(pool);
    }
  }
  uint16_t choose(uint32_t tried) {
    return choose_pool(tried,
                       Turn{config, now, slot->counters, slot->pools, parser, parser, {}, 0});
  }
  void fail(size_t pool, Duration ago) {
    slot->pools[pool].failures_in_row.store(1);
    slot->pools[pool].last_failure_ns.store((now - ago).ns());
  }

  config::Config config;
  Instant now = Instant::from_ns(1'000'000'000'000);
  std::unique_ptr<shm::Slot> slot = std::make_unique<shm::Slot>();
  stratum::Parser parser{64};
};

TEST_CASE("pool choice: the first in order that was not tried") {
  Fixture f;
  CHECK(f.choose(0b000) == 0);
  CHECK(f.choose(0b001) == 1);
  CHECK(f.choose(0b011) == 2);
  CHECK(f.choose(0b010) == 0);
}

TEST_CASE("pool choice: all tried is the number of pools") {
  Fixture f;
  CHECK(f.choose(0b111) == 3);
}

TEST_CASE("pool choice: one that failed lately comes after the others, for a while") {
  Fixture f;
  f.fail(0, Duration::seconds(1));
  CHECK(f.choose(0) == 1);
  f.fail(1, Duration::seconds(1));
  f.fail(2, Duration::seconds(1));
  CHECK(f.choose(0) == 0);
  f.fail(0, kPoolSuspectFor);
  CHECK(f.choose(0) == 0);
}

TEST_CASE("pool choice: a pool is its name and its address, not its user") {
  config::Pool pool;
  pool.name = "a";
  pool.address = {"pool.example.com", 3333};
  const uint64_t identity = pool_identity(pool);
  config::Pool other = pool;
  other.username = "farm";
  other.password = "new";
  CHECK(pool_identity(other) == identity);
  other = pool;
  other.name = "b";
  CHECK(pool_identity(other) != identity);
  other = pool;
  other.address.port = 3334;
  CHECK(pool_identity(other) != identity);
  CHECK(identity != 0);
}

}  // namespace
}  // namespace loka::worker
