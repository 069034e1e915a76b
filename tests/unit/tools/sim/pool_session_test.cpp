#include "tools/sim/pool_session.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include <doctest/doctest.h>
#include <unistd.h>

#include "common/json/document.h"
#include "common/stratum/limits.h"

using namespace loka::sim;
using loka::Duration;
using loka::Instant;

namespace {

// A pool on a clock of its own, and connections to it.
struct Bench {
  explicit Bench(PoolOptions wanted = {}) : options(std::move(wanted)) {}

  PoolSession connect() { return PoolSession(pool.take_extranonce1().value()); }

  // What the session says to one line: answers to submits behind the rest.
  std::string say(PoolSession& session, std::string_view line) {
    std::string at_once, to_submits;
    is_open = session.handle(line, parser, pool, times, {at_once, to_submits});
    return at_once + to_submits;
  }
  void later(Duration duration) {
    times.now = times.now + duration;
    times.unix_s += static_cast<uint32_t>(duration.ms() / 1000);
  }
  void log_in(PoolSession& session) {
    say(session, R"({"id":1,"method":"mining.subscribe","params":[]})");
    say(session, R"({"id":2,"method":"mining.authorize","params":["farm.a","x"]})");
  }

  PoolOptions options;
  Times times{Instant::from_ns(1'000'000'000), 1'700'000'000};
  PoolTotals totals;
  ShareLog log;
  Pool pool{options, 0, times, totals, log};
  loka::stratum::Parser parser{loka::stratum::kPoolLineBytesMax};
  bool is_open = true;
};

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string submit(std::string_view login, std::string_view job, std::string_view nonce,
                   std::string_view ntime = "6553f100") {  // 1,700,000,000
  return R"({"id":9,"method":"mining.submit","params":[")" + std::string(login) + R"(",")" +
         std::string(job) + R"(","0000000000000000",")" + std::string(ntime) + R"(",")" +
         std::string(nonce) + R"("]})";
}

// At difficulty 2^-32 every hash is a share.
PoolOptions easy() {
  PoolOptions options;
  options.difficulty = 0x1p-32;
  return options;
}

}  // namespace

TEST_CASE(
    "pool_session: configure grants the bits that both have, and answers for everything asked") {
  Bench bench;
  PoolSession session = bench.connect();
  CHECK(bench.say(session,
                  R"({"id":"c","method":"mining.configure","params":[["version-rolling","info",)"
                  R"("minimum-difficulty","subscribe-extranonce","nonsense"],)"
                  R"({"version-rolling.mask":"00ffff00"}]})") ==
        R"({"id":"c","result":{"version-rolling":true,"version-rolling.mask":"00ffe000",)"
        R"("info":true,"minimum-difficulty":false,"subscribe-extranonce":true,)"
        R"("nonsense":false},"error":null})"
        "\n");
  CHECK(contains(bench.say(session, R"({"id":1,"method":"mining.configure",)"
                                    R"("params":[["version-rolling"]]})"),
                 R"("version-rolling.mask":"1fffe000")"));
  CHECK(contains(bench.say(session, R"({"id":1,"method":"mining.configure","params":[7]})"),
                 R"("error":[20,)"));
}

TEST_CASE("pool_session: without a mask rolling is refused") {
  PoolOptions options;
  options.version_mask = 0;
  Bench bench(options);
  PoolSession session = bench.connect();
  CHECK(bench.say(session,
                  R"({"id":1,"method":"mining.configure","params":[["version-rolling"],{}]})") ==
        R"({"id":1,"result":{"version-rolling":false},"error":null})"
        "\n");
}

TEST_CASE("pool_session: subscribe and authorize in either order end in a difficulty and a job") {
  for (const bool authorizes_first : {false, true}) {
    Bench bench;
    PoolSession session = bench.connect();
    const std::string subscribe = R"({"id":1,"method":"mining.subscribe","params":["a/1"]})";
    const std::string authorize = R"({"id":2,"method":"mining.authorize","params":["farm.a","x"]})";
    const std::string first = bench.say(session, authorizes_first ? authorize : subscribe);
    CHECK_FALSE(contains(first, "mining.notify\",\"params"));
    const std::string second = bench.say(session, authorizes_first ? subscribe : authorize);
    const size_t answer = second.find(R"("error":null)");
    const size_t difficulty = second.find(R"("mining.set_difficulty","params":[1e-08])");
    const size_t job = second.find(R"("method":"mining.notify")");
    REQUIRE(job != std::string::npos);
    CHECK(answer < difficulty);
    CHECK(difficulty < job);
    CHECK(contains(second, ",true]}\n"));
    CHECK(contains(authorizes_first ? second : first, R"("00000000",8],"error":null})"));
  }
}

TEST_CASE(
    "pool_session: a second subscribe gets the same extranonce1, another connection its own") {
  Bench bench;
  PoolSession one = bench.connect();
  PoolSession other = bench.connect();
  const std::string subscribe = R"({"id":1,"method":"mining.subscribe"})";
  const std::string answer = bench.say(one, subscribe);
  CHECK(bench.say(one, subscribe) == answer);
  CHECK(bench.say(other, subscribe) != answer);
}

TEST_CASE("pool_session: every reason to refuse a share is found, and counted once") {
  Bench bench(easy());
  PoolSession session = bench.connect();
  CHECK(contains(bench.say(session, submit("farm.a", "00000001", "1")), "[25,"));
  bench.log_in(session);
  CHECK(bench.say(session, submit("farm.a", "00000001", "1")) ==
        R"({"id":9,"result":true,"error":null})"
        "\n");
  CHECK(bench.say(session, submit("farm.a", "00000001", "00000001")) ==
        R"({"id":9,"result":null,"error":[22,"Duplicate share",null]})"
        "\n");
  CHECK(contains(bench.say(session, submit("farm.b", "00000001", "2")), "[24,"));
  CHECK(contains(bench.say(session, submit("farm.a", "00000002", "2")), "[21,"));
  CHECK(contains(bench.say(session, submit("farm.a", "00000001", "x")), "[20,"));
  CHECK(contains(bench.say(session, submit("farm.a", "00000001", "2", "6553f0ff")), "[20,"));
  CHECK(
      contains(bench.say(session, R"({"id":9,"method":"mining.submit","params":["a"]})"), "[20,"));
  CHECK(bench.totals.submits == 8);
  CHECK(bench.totals.accepted == 1);
  CHECK(bench.totals.rejected_sum() == 7);
  CHECK(bench.totals.blocks == 0);
}

TEST_CASE("pool_session: a hard difficulty refuses what an easy one takes") {
  PoolOptions options;
  options.difficulty = 1e6;
  Bench bench(options);
  PoolSession session = bench.connect();
  bench.log_in(session);
  CHECK(contains(bench.say(session, submit("farm.a", "00000001", "1")), "[23,"));
}

TEST_CASE("pool_session: only jobs that a connection was sent count, until they are too old") {
  Bench bench(easy());
  PoolSession old_one = bench.connect();
  bench.log_in(old_one);
  bench.later(Duration::seconds(30));
  bench.pool.make_job(bench.times);
  PoolSession newcomer = bench.connect();
  bench.log_in(newcomer);
  std::string announced;
  old_one.catch_up(bench.pool, announced);
  CHECK(contains(announced, ",false]}\n"));
  old_one.catch_up(bench.pool, announced = "");
  CHECK(announced.empty());

  CHECK(contains(bench.say(old_one, submit("farm.a", "00000001", "1")), "true"));
  CHECK(contains(bench.say(newcomer, submit("farm.a", "00000001", "1")), "[21,"));
  bench.later(Pool::kJobLife);
  CHECK(contains(bench.say(old_one, submit("farm.a", "00000001", "2")), "[21,\"Job not found\""));
}

TEST_CASE("pool_session: a share of a block that is over is stale after the grace") {
  PoolOptions options = easy();
  options.cleans_every_job = true;
  Bench bench(options);
  PoolSession session = bench.connect();
  bench.log_in(session);
  bench.later(Duration::seconds(30));
  bench.pool.make_job(bench.times);
  bench.later(Pool::kStaleGrace);
  CHECK(contains(bench.say(session, submit("farm.a", "00000001", "1")), "true"));
  bench.later(Duration::milliseconds(1));
  CHECK(contains(bench.say(session, submit("farm.a", "00000001", "2")), "[21,\"Stale share\""));
}

TEST_CASE("pool_session: only the wanted account is let in") {
  PoolOptions options;
  options.user = "farm";
  Bench bench(options);
  PoolSession session = bench.connect();
  const auto authorize = [&](const std::string& login) {
    return bench.say(session,
                     R"({"id":1,"method":"mining.authorize","params":[")" + login + R"("]})");
  };
  for (const char* good : {"farm", "farm.a", "farm_a", "farm.a.b"})
    CHECK(contains(authorize(good), R"("result":true)"));
  for (const char* bad : {"", "farmer.a", "a.farm", "far"}) CHECK(contains(authorize(bad), "[24,"));
}

TEST_CASE("pool_session: other requests are answered, notifications and answers are not") {
  Bench bench;
  PoolSession session = bench.connect();
  const auto ask = [&](const std::string& method, const std::string& id = "5") {
    return bench.say(session, R"({"id":)" + id + R"(,"method":")" + method + R"(","params":[]})");
  };
  CHECK(contains(ask("mining.extranonce.subscribe"), R"("result":true)"));
  CHECK(contains(ask("mining.suggest_difficulty"), R"("result":true)"));
  CHECK(contains(ask("mining.suggest_target"), R"("result":true)"));
  CHECK(contains(ask("mining.ping"), R"("result":"pong")"));
  CHECK(contains(ask("mining.get_transactions"), "[20,"));
  CHECK(ask("mining.nonsense", "\"q\"") ==
        R"({"id":"q","result":null,"error":[20,"Unsupported method",null]})"
        "\n");
  CHECK(ask("mining.nonsense", "null").empty());
  CHECK(ask("pong").empty());
  CHECK(bench.say(session, R"({"id":5,"result":true,"error":null})").empty());
  CHECK(bench.is_open);
}

TEST_CASE("pool_session: the third line that is no Stratum closes") {
  Bench bench;
  PoolSession session = bench.connect();
  CHECK(contains(bench.say(session, "GET / HTTP/1.1"), R"("id":null)"));
  CHECK(bench.is_open);
  CHECK(contains(bench.say(session, R"({"id":7})"), R"("id":7)"));
  CHECK(bench.is_open);
  CHECK(contains(bench.say(session, "{"), "[20,"));
  CHECK_FALSE(bench.is_open);
  CHECK(bench.totals.bad_lines == 3);
}

TEST_CASE("pool: a part of the valid shares is refused when asked for") {
  PoolOptions options = easy();
  options.reject_rate = 0.25;
  Bench bench(options);
  PoolSession session = bench.connect();
  bench.log_in(session);
  char nonce[9];
  for (unsigned i = 0; i < 2000; ++i) {
    std::snprintf(nonce, sizeof nonce, "%08x", i);
    bench.say(session, submit("farm.a", "00000001", nonce));
  }
  // Of the easiest target's hashes one in 65,536 is none.
  CHECK(bench.totals.accepted + bench.totals.rejected_at_random >= 1995);
  CHECK(bench.totals.rejected_at_random > 400);
  CHECK(bench.totals.rejected_at_random < 600);
}

TEST_CASE("pool: shards and connections never share an extranonce1, and it comes back last") {
  PoolOptions options;
  options.extranonce1_bytes = 1;
  options.shards = 2;
  PoolTotals totals;
  ShareLog log;
  const Times times{Instant::from_ns(1), 1'700'000'000};
  Pool even(options, 0, times, totals, log);
  Pool odd(options, 1, times, totals, log);
  std::vector<bool> seen(256);
  for (int i = 0; i < 128; ++i)
    for (Pool* pool : {&even, &odd}) {
      const auto extranonce1 = pool->take_extranonce1();
      REQUIRE(extranonce1.has_value());
      REQUIRE(extranonce1->size() == 1);
      CHECK_FALSE(seen[extranonce1->front()]);
      seen[extranonce1->front()] = true;
    }
  CHECK_FALSE(even.take_extranonce1().has_value());
  even.give_back_extranonce1({100});
  CHECK(even.take_extranonce1() == std::vector<uint8_t>{100});
}

TEST_CASE("pool: the ledger has a line of JSON for every judged share, whatever a login contains") {
  char path[] = "/tmp/loka_ledger_XXXXXX";
  const int descriptor = ::mkstemp(path);
  REQUIRE(descriptor >= 0);
  ::close(descriptor);
  {
    Bench bench(easy());
    REQUIRE(bench.log.open(path).has_value());
    PoolSession session = bench.connect();
    bench.log_in(session);
    bench.say(session, submit("farm.a", "00000001", "1"));
    bench.say(session, submit("farm.a", "00000001", "1"));
    bench.say(session, submit(R"(\"\n\u0007)", "00000001", "1"));
  }
  std::ifstream file(path);
  std::vector<std::string> verdicts, logins;
  for (std::string line; std::getline(file, line);) {
    const auto document = loka::json::Document::parse(line);
    REQUIRE(document.has_value());
    verdicts.emplace_back(document->root()["verdict"].as_string().value_or(""));
    logins.emplace_back(document->root()["login"].as_string().value_or(""));
    CHECK(document->root()["extranonce1"].as_string() == "00000000");
    CHECK(document->root()["nonce"].as_string() == "1");
  }
  std::remove(path);
  CHECK(verdicts == std::vector<std::string>{"accepted", "duplicate", "unauthorized"});
  CHECK(logins == std::vector<std::string>{"farm.a", "farm.a", "\"\n\a"});
}

TEST_CASE("pool: a ledger that cannot be opened says why") {
  ShareLog log;
  const auto opened = log.open("/nonexistent/folder/ledger");
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().text().find("No such file") != std::string::npos);
}
