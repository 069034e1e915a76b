#include "shm/transaction.h"

#include <doctest/doctest.h>

#include "tests/unit/shm/small_store.h"

namespace loka::shm {
namespace {

TEST_CASE("transaction: nothing changes before the commit, everything with it") {
  SmallStore s;
  Transaction tx(s.store);
  tx.begin();
  const uint32_t session = tx.open<Session>();
  tx.edit<Session>(session).difficulty = 512;
  tx.shares().submitted = 7;
  tx.miner_row(3).accepted = 9;
  CHECK_FALSE(s.store.table<Session>().holds(session));
  CHECK(s.slot.shares.own().submitted == 0);
  tx.commit();
  CHECK(s.store.table<Session>()[session].difficulty == 512);
  CHECK(s.slot.shares.own().submitted == 7);
  CHECK(s.slot.miners[2].own().accepted == 9);
}

TEST_CASE("transaction: one record has one working copy") {
  SmallStore s;
  Transaction tx(s.store);
  tx.begin();
  const uint32_t index = tx.open<Upstream>();
  CHECK(&tx.edit<Upstream>(index) == &tx.edit<Upstream>(index));
  CHECK(&tx.look<Upstream>(index) == &tx.edit<Upstream>(index));
  CHECK(tx.touched().size() == 1);
}

TEST_CASE("transaction: a place is given again only after the commit, with another generation") {
  SmallStore s;
  Transaction tx(s.store);
  tx.begin();
  const uint32_t first = tx.open<Session>();
  tx.commit();
  const uint32_t generation = s.store.table<Session>()[first].generation;
  tx.begin();
  tx.close<Session>(first);
  CHECK(tx.open<Session>() != first);
  tx.commit();
  tx.begin();
  const uint32_t again = tx.open<Session>();
  CHECK(again == first);
  CHECK(tx.edit<Session>(again).generation == generation + 1);
}

TEST_CASE("transaction: a full table answers with nobody") {
  SmallStore s;
  Transaction tx(s.store);
  tx.begin();
  for (uint32_t i = 0; i < kFewRecords.sessions; ++i) CHECK(tx.open<Session>() != kNobody);
  CHECK(tx.open<Session>() == kNobody);
}

TEST_CASE("store: free places are found again from the records alone") {
  SmallStore s;
  Transaction tx(s.store);
  tx.begin();
  const uint32_t one = tx.open<Login>();
  const uint32_t two = tx.open<Login>();
  tx.commit();
  tx.begin();
  tx.close<Login>(one);
  tx.commit();
  Store next(s.store.shard(), s.slot);
  CHECK_FALSE(next.table<Login>().holds(one));
  CHECK(next.table<Login>().holds(two));
  CHECK(next.table<Login>().available() == kFewRecords.logins - 1);
}

TEST_CASE("store: a sealed journal of junk is dropped, not believed") {
  SmallStore s;
  JournalArea& area = s.store.shard().journal();
  for (size_t i = 0; i < kJournalBytes; ++i) area.bytes[i] = static_cast<char>(i * 7);
  for (const uint32_t length : {8U, 4000U, static_cast<uint32_t>(kJournalBytes), 0xffffffffU}) {
    area.length = length;
    area.sealed.store(1);
    CHECK(s.store.finish_sealed_commit());
    CHECK(area.sealed.load() == 0);
  }
}

}  // namespace
}  // namespace loka::shm
