// One miner and its pool, line by line. The lines are those of docs/stratum.md and of the recorded
// corpus in tests/data/quirks.jsonl.
#include <doctest/doctest.h>

#include "tests/unit/worker/session/one_miner.h"

namespace loka::worker {
namespace {

constexpr std::string_view kSubmit =
    R"({"id": 44, "method": "mining.submit", "params": ["farm.rig7","6625a3d5","2a000000","6625406b","0a1b2c3d"]})";
constexpr std::string_view kNotify =
    R"({"id":null,"method":"mining.notify","params":["6625a3d5","a96e0898a7f8c5378296204fd79154349bac333a000084fd0000000000000000","0100","00",[],"20000000","17034219","6625406b",true]})";

void sums_add_up(const shm::ShareBlock& s) {
  CHECK(s.submitted == s.accepted + s.local + s.rejected + s.stale + s.duplicate +
                           s.low_difficulty + s.invalid + s.unanswered + s.in_flight);
}

TEST_CASE("passthrough: the first line asks for a pool and waits for it") {
  OneMiner miner;
  CHECK(miner.says(R"({"id":1,"method":"mining.subscribe","params":["a/1"]})") ==
        LineOutcome::kDeferred);
  CHECK(miner.session().upstream != shm::kNobody);
  CHECK(miner.session().gate == shm::Gate::kWaitPool);
  CHECK(miner.session().in.position == 0);
}

TEST_CASE("passthrough: subscribe goes on with our id and comes back with the miner's") {
  OneMiner miner;
  miner.insists(R"({"id":"sub","method":"mining.subscribe","params":["a/1","old"]})");
  CHECK(miner.pool_hears() ==
        "{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[\"a/1\",\"old\"]}\n");
  miner.pool_says(R"({"error":null,"id":1,"result":[[["mining.notify","5f"]],"5f3a0001",8]})");
  CHECK(
      miner.hears() ==
      "{\"error\":null,\"id\":\"sub\",\"result\":[[[\"mining.notify\",\"5f\"]],\"5f3a0001\",8]}\n");
  CHECK(miner.session().extranonce1.view() == "5f3a0001");
  CHECK(miner.session().gate == shm::Gate::kOpen);
}

TEST_CASE("passthrough: while a step is at the pool the miner's next line waits") {
  OneMiner miner;
  miner.insists(R"({"id":1,"method":"mining.subscribe","params":[]})");
  CHECK(miner.session().gate == shm::Gate::kWaitAnswer);
}

TEST_CASE("passthrough: a second subscribe is answered here with the same extranonce1") {
  OneMiner miner;
  miner.mines();
  miner.says(R"({"id":3,"method":"mining.subscribe","params":["a/1"]})");
  CHECK(miner.hears().find("\"08000002\",4]") != std::string::npos);
  CHECK(miner.pool_hears().empty());
}

TEST_CASE("passthrough: the login is rewritten in authorize and submit alike") {
  config::Config config = two_pools();
  config.pools[0].username = "acct";
  config.pools[0].password = "secret";
  OneMiner miner(config);
  miner.insists(R"({"id":1,"method":"mining.subscribe","params":[]})");
  miner.pool_says(R"({"id":1,"result":[[],"08000002",4],"error":null})");
  miner.pool_hears();
  miner.says(R"({"id":2,"method":"mining.authorize","params":["anything.rig7","mine"]})");
  CHECK(miner.pool_hears() ==
        "{\"id\":2,\"method\":\"mining.authorize\",\"params\":[\"acct.rig7\",\"secret\"]}\n");
  miner.pool_says(R"({"id":2,"result":true,"error":null})");
  miner.says(R"({"id":6,"method":"mining.submit","params":["anything.rig7","j","00","01","02"]})");
  CHECK(miner.pool_hears() ==
        "{\"id\":3,\"method\":\"mining.submit\",\"params\":[\"acct.rig7\",\"j\",\"00\",\"01\","
        "\"02\"]}\n");
}

TEST_CASE("passthrough: a submit is in flight until the pool has spoken, then named once") {
  OneMiner miner;
  miner.mines();
  miner.says(kSubmit);
  CHECK(miner.shares().submitted == 1);
  CHECK(miner.shares().in_flight == 1);
  sums_add_up(miner.shares());

  SUBCASE("accepted") {
    miner.pool_says(R"({"id":3,"result":true,"error":null})");
    CHECK(miner.hears() == "{\"id\":44,\"result\":true,\"error\":null}\n");
    CHECK(miner.shares().accepted == 1);
    CHECK(miner.shares().pools[0].accepted == 1);
    CHECK(miner.row().accepted == 1);
  }
  SUBCASE("rejected, as ckpool says it") {
    miner.pool_says(R"({"result":false,"error":null,"reject-reason":"Above target","id":3})");
    CHECK(miner.hears().find("\"id\":44") != std::string::npos);
    CHECK(miner.shares().rejected == 1);
  }
  SUBCASE("null is no acceptance of a submit") {
    miner.pool_says(R"({"id":3,"result":null,"error":null})");
    CHECK(miner.shares().rejected == 1);
  }
  SUBCASE("answered twice: the second answer is nobody's") {
    miner.pool_says(R"({"id":3,"result":true,"error":null})");
    miner.pool_says(R"({"id":3,"result":true,"error":null})");
    miner.hears();
    CHECK(miner.shares().accepted == 1);
    CHECK(miner.counted(shm::Counter::kPoolUnknownIds) == 1);
  }
  CHECK(miner.shares().in_flight == 0);
  sums_add_up(miner.shares());
}

TEST_CASE("passthrough: submits before their time are refused here and counted") {
  OneMiner miner;
  miner.insists(R"({"id":1,"method":"mining.submit","params":["farm.rig7","j","00","01","02"]})");
  CHECK(miner.hears().find("[25,") != std::string::npos);
  miner.insists(R"({"id":1,"method":"mining.subscribe","params":[]})");
  miner.pool_says(R"({"id":1,"result":[[],"08000002",4],"error":null})");
  miner.hears();
  miner.pool_hears();
  miner.says(kSubmit);
  CHECK(miner.hears().find("[24,") != std::string::npos);
  CHECK(miner.pool_hears().empty());
  CHECK(miner.shares().invalid == 2);
  sums_add_up(miner.shares());
}

TEST_CASE("passthrough: another name than the authorised one is refused with 24") {
  OneMiner miner;
  miner.mines();
  miner.says(R"({"id":7,"method":"mining.submit","params":["other.w9","j","2a","66","0a"]})");
  CHECK(miner.hears().find("\"id\":7") != std::string::npos);
  CHECK(miner.shares().invalid == 1);
  CHECK(miner.pool_hears().empty());
}

TEST_CASE("passthrough: fewer than five items are refused with 20") {
  OneMiner miner;
  miner.mines();
  miner.says(R"({"id":7,"method":"mining.submit","params":["farm.rig7","j","2a","66"]})");
  CHECK(miner.hears().find("[20,") != std::string::npos);
  CHECK(miner.shares().invalid == 1);
}

TEST_CASE("passthrough: a job before the subscribe result is held back until it is said") {
  OneMiner miner;
  miner.insists(R"({"id":9,"method":"mining.subscribe","params":[]})");
  miner.pool_says(R"({"id":null,"method":"mining.set_difficulty","params":[512]})");
  miner.pool_says(kNotify);
  CHECK(miner.hears().empty());
  miner.pool_says(R"({"id":1,"result":[[],"08000002",4],"error":null})");
  const std::string heard = miner.hears();
  CHECK(heard.find("\"id\":9") < heard.find("set_difficulty"));
  CHECK(heard.find("set_difficulty") < heard.find("mining.notify"));
}

TEST_CASE("passthrough: the difficulty of a share is that of its job") {
  OneMiner miner;
  miner.mines();
  miner.pool_says(R"({"id":null,"method":"mining.set_difficulty","params":[512]})");
  CHECK(miner.session().difficulty == 1);
  miner.pool_says(kNotify);
  CHECK(miner.session().difficulty == 512);
  CHECK(miner.row().difficulty == 512);
}

TEST_CASE("passthrough: a notify that could hurt a firmware is dropped and counted") {
  OneMiner miner;
  miner.mines();
  miner.pool_says(
      R"({"id":null,"method":"mining.notify","params":["j",7,"00","00",[],"1","2","3",true]})");
  CHECK(miner.hears().empty());
  CHECK(miner.counted(shm::Counter::kPoolLinesBad) == 1);
  CHECK(miner.is_connected());
}

TEST_CASE("passthrough: client.reconnect never reaches the miner, to whatever host") {
  OneMiner miner;
  miner.mines();
  miner.pool_says(
      R"({"id":null,"method":"client.reconnect","params":["evil.example.net",3333,0]})");
  CHECK(miner.hears().empty());
  CHECK(miner.counted(shm::Counter::kPoolReconnectsRefused) == 1);
  CHECK(miner.upstream().in_use == 1);
}

TEST_CASE("passthrough: administrative methods of ckpool stay here") {
  OneMiner miner;
  miner.mines();
  miner.says(R"({"id":1,"method":"mining.passthrough","params":["x"]})");
  CHECK(miner.hears().find("[20,") != std::string::npos);
  CHECK(miner.pool_hears().empty());
}

TEST_CASE("passthrough: what nobody here knows goes on as it came, both ways") {
  OneMiner miner;
  miner.mines();
  miner.says(R"({"params": ["6625a3d5"], "id": "txlist", "method": "mining.get_transactions"})");
  CHECK(miner.pool_hears() ==
        "{\"params\": [\"6625a3d5\"], \"id\": 3, \"method\": \"mining.get_transactions\"}\n");
  miner.pool_says(R"({"id":3,"result":[],"error":true})");
  CHECK(miner.hears() == "{\"id\":\"txlist\",\"result\":[],\"error\":true}\n");
  miner.pool_says(
      R"({"id":null,"method":"mining.set_goal","params":["bitcoin",{"malgo":"SHA256d"}]})");
  CHECK(miner.hears() ==
        "{\"id\":null,\"method\":\"mining.set_goal\",\"params\":[\"bitcoin\",{\"malgo\":"
        "\"SHA256d\"}]}\n");
}

TEST_CASE("passthrough: pings are answered here on both sides") {
  OneMiner miner;
  miner.mines();
  miner.says(R"({"id":8,"method":"mining.ping","params":[]})");
  CHECK(miner.hears().find("\"pong\"") != std::string::npos);
  CHECK(miner.pool_hears().empty());
  miner.pool_says(R"({"id":9,"method":"mining.ping","params":[]})");
  CHECK(miner.pool_hears().find("\"pong\"") != std::string::npos);
  CHECK(miner.hears().empty());
}

TEST_CASE("bad lines: the third one closes, after it was answered") {
  OneMiner miner;
  miner.mines();
  miner.says("{nonsense");
  miner.says("[]");
  CHECK(miner.session().state == shm::SessionState::kOpen);
  miner.says("12345");
  CHECK(miner.session().state == shm::SessionState::kClosing);
  const std::string heard = miner.hears();
  CHECK(std::count(heard.begin(), heard.end(), '\n') == 3);
  CHECK(miner.counted(shm::Counter::kSessionsBadLines) == 1);
}

TEST_CASE("bad lines: another protocol is closed at once and not answered") {
  for (const char* line : {"GET / HTTP/1.1", "SSH-2.0-OpenSSH_9.6", "PROXY TCP4 1.2.3.4"}) {
    OneMiner miner;
    miner.says(line);
    CHECK_FALSE(miner.is_connected());
    CHECK(miner.counted(shm::Counter::kSessionsForeign) == 1);
  }
}

TEST_CASE("a pool is lost: shares in flight are answered with an error and named unanswered") {
  OneMiner miner;
  miner.mines();
  miner.says(kSubmit);
  miner.pool_is_lost(Loss::kClosed);
  CHECK(miner.hears().find("\"id\":44,\"result\":null,\"error\":[20,") != std::string::npos);
  CHECK(miner.shares().unanswered == 1);
  CHECK(miner.shares().in_flight == 0);
  sums_add_up(miner.shares());
  CHECK(miner.is_connected());
  CHECK(miner.session().gate == shm::Gate::kWaitPool);
}

TEST_CASE("a pool is lost: a miner without set_extranonce is let go if its extranonce1 changes") {
  OneMiner miner;
  miner.mines();
  miner.pool_is_lost(Loss::kClosed);
  miner.pool_opens();
  CHECK(miner.pool_hears() ==
        "{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[\"test/1\"]}\n");
  SUBCASE("another one: closed") {
    miner.pool_says(R"({"id":1,"result":[[],"09000009",4],"error":null})");
    miner.pool_says(R"({"id":2,"result":true,"error":null})");
    CHECK_FALSE(miner.is_connected());
    CHECK(miner.counted(shm::Counter::kSessionsMoved) == 1);
  }
  SUBCASE("the same: it notices nothing") {
    miner.pool_says(R"({"id":1,"result":[[],"08000002",4],"error":null})");
    miner.pool_says(R"({"id":2,"result":true,"error":null})");
    CHECK(miner.is_connected());
    CHECK(miner.hears().empty());
    CHECK(miner.session().gate == shm::Gate::kOpen);
    CHECK(miner.session().pool_wait_ns == 0);
  }
}

TEST_CASE("a pool is lost: a miner that knows set_extranonce is moved, and its job comes after") {
  OneMiner miner;
  miner.mines();
  miner.says(R"({"id":5,"method":"mining.extranonce.subscribe","params":[]})");
  miner.pool_says(R"({"id":3,"result":true,"error":null})");
  miner.hears();
  miner.pool_is_lost(Loss::kClosed);
  miner.pool_opens();
  miner.pool_says(R"({"id":1,"result":[[],"0a0b0c0d",8],"error":null})");
  miner.pool_says(kNotify);
  CHECK(miner.hears().empty());
  miner.pool_says(R"({"id":2,"result":true,"error":null})");
  const std::string heard = miner.hears();
  CHECK(heard.find(R"("mining.set_extranonce","params":["0a0b0c0d",8])") != std::string::npos);
  CHECK(heard.find("set_extranonce") < heard.find("mining.notify"));
  CHECK(miner.is_connected());
}

TEST_CASE("a pool that refuses subscribe is left for the next one, and the miner waits") {
  OneMiner miner;
  miner.insists(R"({"id":4,"method":"mining.subscribe","params":["a/1"]})");
  miner.pool_hears();
  CHECK(miner.upstream().pool == 0);
  miner.pool_says(R"({"id":1,"result":"proxy full","error":null})");
  CHECK(miner.hears().empty());
  miner.pool_opens();
  CHECK(miner.upstream().pool == 1);
  CHECK(miner.pool_hears() == "{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[\"a/1\"]}\n");
  miner.pool_says(R"({"id":1,"result":[[],"08000002",4],"error":null})");
  CHECK(miner.hears() == "{\"id\":4,\"result\":[[],\"08000002\",4],\"error\":null}\n");
}

TEST_CASE("a step that is not answered in 5 s sends the miner to the next pool") {
  OneMiner miner;
  miner.insists(R"({"id":4,"method":"mining.subscribe","params":[]})");
  miner.wait(kPoolStepTimeout);
  miner.deadline_of_pool();
  CHECK(miner.counted(shm::Counter::kPoolStepTimeouts) == 1);
  miner.pool_opens();
  CHECK(miner.upstream().pool == 1);
}

TEST_CASE("a refused login: our own account is tried at the next pool") {
  config::Config config = two_pools();
  config.pools[0].username = "acct";
  OneMiner miner(config);
  miner.insists(R"({"id":1,"method":"mining.subscribe","params":[]})");
  miner.pool_says(R"({"id":1,"result":[[],"08000002",4],"error":null})");
  miner.hears();
  miner.says(R"({"id":2,"method":"mining.authorize","params":["rig7","x"]})");
  miner.pool_says(R"({"id":2,"result":false,"error":null})");
  CHECK(miner.hears().empty());
  CHECK(miner.session().gate == shm::Gate::kWaitPool);
}

TEST_CASE("a refused login: the miner's own is refused to the miner") {
  OneMiner miner;
  miner.insists(R"({"id":1,"method":"mining.subscribe","params":[]})");
  miner.pool_says(R"({"id":1,"result":[[],"08000002",4],"error":null})");
  miner.hears();
  miner.says(R"({"id":2,"method":"mining.authorize","params":["rig7","x"]})");
  miner.pool_says(R"({"id":2,"result":null,"error":[29,"Invalid username",null]})");
  CHECK(miner.hears() == "{\"id\":2,\"result\":null,\"error\":[29,\"Invalid username\",null]}\n");
  CHECK(miner.session().first_login == shm::kNobody);
  CHECK(miner.session().gate == shm::Gate::kOpen);
}

TEST_CASE("a miner that has waited 30 s for any pool is closed") {
  OneMiner miner;
  miner.says(R"({"id":4,"method":"mining.subscribe","params":[]})");
  miner.wait(kPoolWaitMax);
  miner.deadline_of_miner();
  CHECK_FALSE(miner.is_connected());
  CHECK(miner.counted(shm::Counter::kSessionsNoPool) == 1);
}

TEST_CASE("a verdict that comes too late changes no state and is counted beside it") {
  OneMiner miner;
  miner.mines();
  miner.says(kSubmit);
  SUBCASE("the miner was answered with an error after 30 s") {
    miner.wait(kAnswerTimeout - Duration::seconds(1));
    miner.pool_says(kNotify);  // the pool lives, it only leaves this share alone
    miner.wait(Duration::seconds(1));
    miner.hears();
    miner.deadline_of_pool();
    CHECK(miner.hears().find("\"id\":44") != std::string::npos);
    miner.pool_says(R"({"id":3,"result":true,"error":null})");
    CHECK(miner.hears().empty());
  }
  SUBCASE("the miner had gone") {
    miner.hangs_up();
    CHECK(miner.upstream().in_use == 1);
    miner.pool_says(R"({"id":3,"result":true,"error":null})");
    CHECK(miner.upstream().in_use == 0);
  }
  CHECK(miner.shares().unanswered == 1);
  CHECK(miner.shares().accepted == 0);
  CHECK(miner.shares().late_accepted == 1);
  sums_add_up(miner.shares());
}

TEST_CASE(
    "passthrough: a further login that a pool cannot bear is refused, not taken on for ever") {
  config::Config config = two_pools();
  config.pools[0].username = "acct";
  OneMiner miner(config);
  miner.mines();
  miner.says(R"({"id":9,"method":"mining.authorize","params":["farm.rig8","x"]})");
  SUBCASE("it refuses it") {
    miner.pool_says(R"({"id":3,"result":false,"error":null})");
    CHECK(miner.upstream().in_use == 1);
    CHECK(miner.hears() == "{\"id\":9,\"result\":false,\"error\":null}\n");
  }
  SUBCASE("it closes on it") {
    miner.pool_is_lost(Loss::kClosed);
    CHECK(miner.hears().find("\"id\":9") != std::string::npos);
  }
  CHECK(miner.session().pending == shm::Step::kNone);
  CHECK(miner.session().login_count == 1);
}

TEST_CASE("a session that ends gives every record back") {
  OneMiner miner;
  const auto sessions = miner.store().table<shm::Session>().available();
  const auto logins = miner.store().table<shm::Login>().available();
  const auto pages = miner.store().pages().in_use();
  miner.mines();
  miner.pool_says(kNotify);
  miner.hangs_up();
  CHECK(miner.store().table<shm::Session>().available() == sessions + 1);
  CHECK(miner.store().table<shm::Login>().available() == logins);
  CHECK(miner.store().table<shm::Request>().available() == kSmallShard.requests);
  CHECK(miner.store().table<shm::Upstream>().available() == kSmallShard.upstreams);
  CHECK(miner.store().pages().in_use() == pages);
}

}  // namespace
}  // namespace loka::worker
