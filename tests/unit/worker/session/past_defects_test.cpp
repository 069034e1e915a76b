// Defects that were found and mended, each with its story.
#include <string>

#include <doctest/doctest.h>

#include "tests/unit/worker/session/one_miner.h"

namespace loka::worker {
namespace {

// A miner that reads nothing had 128 KiB queued when its pool went away with a request of its open.
// The error for that request did not fit, so the miner was closed, which freed the pool connection;
// then the lost connection was freed once more, and two miners later shared one place.
TEST_CASE("a pool is lost over a full miner: its record is given back once") {
  OneMiner miner;
  miner.mines();
  miner.says(R"({"id":5,"method":"mining.get_transactions","params":["j"]})");
  const std::string filler(60000, 'x');
  for (int i = 0; i < 2; ++i)
    miner.pool_says(R"({"id":null,"method":"client.show_message","params":[")" + filler + R"("]})");
  miner.pool_says(R"({"id":null,"method":"client.show_message","params":[")" +
                  std::string(kMinerQueueBytesMax - miner.session().out.waiting() - 65, 'y') +
                  R"("]})");
  miner.pool_is_lost(Loss::kClosed);
  CHECK_FALSE(miner.is_connected());
  CHECK(miner.store().table<shm::Upstream>().available() == kSmallShard.upstreams);
}

// ckpool never answers suggest_difficulty. After 64 of them the miner was never read again,
// although each had been answered with an error long before.
TEST_CASE("requests that a pool never answers do not pile up") {
  OneMiner miner;
  miner.mines();
  for (uint32_t i = 0; i < kOpenRequestsMax; ++i)
    miner.says(R"({"id":9,"method":"mining.suggest_difficulty","params":[1000]})");
  CHECK(miner.upstream().open_requests == kOpenRequestsMax);
  miner.wait(kAnswerTimeout - Duration::seconds(1));
  miner.pool_says(R"({"id":null,"method":"mining.set_difficulty","params":[1]})");
  miner.wait(Duration::seconds(1));
  miner.deadline_of_pool();
  CHECK(miner.upstream().open_requests == 0);
}

TEST_CASE("of shares that a pool never judges only the latest are kept for a late verdict") {
  OneMiner miner;
  miner.mines();
  for (uint32_t i = 0; i < kOpenRequestsMax; ++i)
    miner.says(R"({"id":9,"method":"mining.submit","params":["farm.rig7","j","00","01","02"]})");
  miner.wait(kAnswerTimeout - Duration::seconds(1));
  miner.pool_says(R"({"id":null,"method":"mining.set_difficulty","params":[1]})");
  miner.wait(Duration::seconds(1));
  miner.deadline_of_pool();
  CHECK(miner.upstream().open_requests == kExpiredKeptMax);
  CHECK(miner.upstream().expired_requests == kExpiredKeptMax);
  CHECK(miner.shares().unanswered == kOpenRequestsMax);
}

// A moved miner authorised a second login; the pool answered our own extranonce.subscribe and never
// the authorize, and the answer had stopped the clock of the step.
TEST_CASE("the answer to our own extranonce.subscribe stops no step's clock") {
  OneMiner miner;
  miner.mines();
  miner.says(R"({"id":5,"method":"mining.extranonce.subscribe","params":[]})");
  miner.pool_says(R"({"id":3,"result":true,"error":null})");
  miner.pool_is_lost(Loss::kClosed);
  miner.pool_opens();
  miner.pool_says(R"({"id":1,"result":[[],"08000002",4],"error":null})");
  miner.pool_says(R"({"id":2,"result":true,"error":null})");
  miner.says(R"({"id":8,"method":"mining.authorize","params":["farm.rig8","x"]})");
  miner.pool_says(R"({"id":3,"result":true,"error":null})");
  CHECK(miner.session().gate == shm::Gate::kWaitAnswer);
  CHECK(miner.upstream().step_ns != 0);
}

// A login of quotes alone grew beyond its record when it was escaped; the pool was blamed for it
// and connected again and again.
TEST_CASE("a login that does not fit once it is escaped is refused to the miner") {
  OneMiner miner;
  miner.insists(R"({"id":1,"method":"mining.subscribe","params":[]})");
  miner.pool_says(R"({"id":1,"result":[[],"08000002",4],"error":null})");
  miner.hears();
  std::string name;
  for (int i = 0; i < 100; ++i) name += "\\\"";
  miner.says(R"({"id":2,"method":"mining.authorize","params":[")" + name + R"(","x"]})");
  CHECK(miner.hears().find("\"id\":2,\"result\":null,\"error\":[24,") != std::string::npos);
  CHECK(miner.session().gate == shm::Gate::kOpen);
}

// A refused second authorize of the same name took the login away while its share was in flight,
// and the verdict went to whoever got the row next.
TEST_CASE("a login that was authorised survives a refused second authorize") {
  OneMiner miner;
  miner.mines();
  miner.says(R"({"id":6,"method":"mining.submit","params":["farm.rig7","j","00","01","02"]})");
  miner.says(R"({"id":7,"method":"mining.authorize","params":["farm.rig7","other"]})");
  CHECK(miner.pool_hears().find("[\"farm.rig7\",\"other\"]") != std::string::npos);
  miner.pool_says(R"({"id":4,"result":false,"error":null})");
  miner.pool_says(R"({"id":3,"result":true,"error":null})");
  CHECK(miner.row().login.view() == "farm.rig7");
  CHECK(miner.row().accepted == 1);
}

TEST_CASE("set_extranonce before the subscribe result closes nobody") {
  OneMiner miner;
  miner.insists(R"({"id":1,"method":"mining.subscribe","params":[]})");
  miner.pool_says(R"({"id":null,"method":"mining.set_extranonce","params":["0a0b",4]})");
  CHECK(miner.is_connected());
  miner.pool_says(R"({"id":1,"result":[[],"08000002",4],"error":null})");
  CHECK(miner.session().extranonce1.view() == "08000002");
}

TEST_CASE("a raw control byte between values does not go out with the kept parameters") {
  OneMiner miner;
  miner.insists("{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[\"a/1\",\tnull]}");
  CHECK(miner.pool_hears().find('\t') == std::string::npos);
}

// A pool that sends every connection away at once was connected again without a pause.
TEST_CASE("client.reconnect is waited for, and repeated ones back off") {
  OneMiner miner;
  miner.mines();
  miner.pool_says(R"({"id":null,"method":"client.reconnect","params":["",3333,10]})");
  CHECK(miner.upstream().in_use == 0);
  const auto& next = miner.store().table<shm::Upstream>()[miner.session().upstream];
  CHECK(next.not_before_ns >= (Instant::from_ns(1'000'000'000'000) + Duration::seconds(10)).ns());
}

TEST_CASE("client.reconnect to a sibling of the pool's name is obeyed, by us") {
  OneMiner miner;
  miner.config().pools[0].address.host = "us1.pool.example.com";
  miner.mines();
  miner.pool_says(
      R"({"id":null,"method":"client.reconnect","params":["us2.pool.example.com",3334,1]})");
  const auto& next = miner.store().table<shm::Upstream>()[miner.session().upstream];
  CHECK(next.redirect_host.view() == "us2.pool.example.com");
  CHECK(next.redirect_port == 3334);
  CHECK(miner.hears().empty());
}

// Luxor refuses authorize at random and accepts it on the next connection.
TEST_CASE("a passing refusal of authorize is tried once more, a second one is the miner's") {
  constexpr std::string_view kPassing =
      R"("result":null,"error":[24,"init_auth: farm.rig7",null]})";
  OneMiner miner;
  miner.insists(R"({"id":1,"method":"mining.subscribe","params":[]})");
  miner.pool_says(R"({"id":1,"result":[[],"08000002",4],"error":null})");
  miner.hears();
  miner.says(R"({"id":2,"method":"mining.authorize","params":["farm.rig7","x"]})");
  miner.pool_says("{\"id\":2," + std::string(kPassing));
  CHECK(miner.hears().empty());
  miner.pool_opens();
  CHECK(miner.upstream().pool == 0);
  miner.pool_says(R"({"id":1,"result":[[],"08000002",4],"error":null})");
  miner.pool_says("{\"id\":2," + std::string(kPassing));
  CHECK(miner.hears().find("init_auth") != std::string::npos);
}

// Without open requests nothing ever judged a pool that fell silent.
TEST_CASE("a pool that says nothing for two minutes is left") {
  OneMiner miner;
  miner.mines();
  miner.wait(kPoolSilenceMax);
  miner.deadline_of_pool();
  CHECK(miner.session().gate == shm::Gate::kWaitPool);
}

}  // namespace
}  // namespace loka::worker
