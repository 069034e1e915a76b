#include "worker/pool_positions.h"

#include <numeric>

#include <doctest/doctest.h>

#include "tests/unit/shm/small_store.h"
#include "worker/upstream/pool_choice.h"

namespace loka::worker {
namespace {

config::Config pools(std::initializer_list<const char*> names) {
  config::Config config;
  for (const char* name : names) {
    config::Pool pool;
    pool.name = name;
    pool.address = {"pool.example.com", 3333};
    config.pools.push_back(pool);
  }
  return config;
}

TEST_CASE("pool positions: figures and connections follow their pool when the list changes") {
  shm::SmallStore s;
  shm::Transaction tx(s.store);
  place_pools(tx, pools({"a", "b"}));
  tx.begin();
  const uint32_t index = tx.open<shm::Upstream>();
  tx.edit<shm::Upstream>(index).pool = 1;
  tx.edit<shm::Upstream>(index).pool_identity = pool_identity(pools({"b"}).pools[0]);
  tx.shares().pools[1].accepted = 7;
  tx.commit();
  s.slot.pools[1].failures_in_row.store(3);
  s.slot.pools[1].submit_latency.add(Duration::milliseconds(20));

  const auto check_b_is_first = [&] {
    CHECK(s.store.table<shm::Upstream>()[index].pool == 0);
    CHECK(s.slot.shares.own().pools[0].accepted == 7);
    CHECK(s.slot.shares.own().pools[1].accepted == 0);
    CHECK(s.slot.pools[0].failures_in_row.load() == 3);
    CHECK(s.slot.pools[1].failures_in_row.load() == 0);
    std::array<uint64_t, shm::LatencyHistogram::kBuckets> sums{};
    s.slot.pools[0].submit_latency.merge_into(sums);
    CHECK(std::accumulate(sums.begin(), sums.end(), uint64_t{0}) == 1);
  };
  place_pools(tx, pools({"b", "c", "a"}));
  check_b_is_first();
  place_pools(tx, pools({"b", "c", "a"}));  // as after a death in the middle
  check_b_is_first();

  place_pools(tx, pools({"c"}));
  CHECK(s.store.table<shm::Upstream>()[index].pool == shm::kNoPool);
  CHECK(s.slot.shares.own().pools[0].accepted == 0);
}

}  // namespace
}  // namespace loka::worker
