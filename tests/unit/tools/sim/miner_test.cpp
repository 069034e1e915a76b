#include "tools/sim/miner.h"

#include <map>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "common/stratum/limits.h"
#include "tools/sim/pool_session.h"

using namespace loka::sim;
using loka::Duration;
using loka::Instant;

namespace {

const std::string kNotify = R"({"id":null,"method":"mining.notify","params":["j1",")" +
                            std::string(64, '0') +
                            R"(","01","02",[],"20000000","17034219","6553f100",true]})";

// A miner, and by hand what a pool says to it.
struct Bench {
  explicit Bench(FarmOptions wanted = {}) : options(std::move(wanted)) { miner.begin(output); }

  // What the miner says when it hears this line.
  std::string hear(std::string_view line) {
    output.clear();
    event = miner.handle(line, parser, now, totals, output);
    return output;
  }
  // Up to a job at a difficulty where every hash is a share; returns what was said.
  void log_in(std::string_view configure_result =
                  R"({"version-rolling":true,"version-rolling.mask":"1fffe000"})") {
    hear(R"({"id":1,"result":)" + std::string(configure_result) + R"(,"error":null})");
    hear(R"({"id":2,"result":[[],"0a0b",4],"error":null})");
    hear(R"({"id":3,"result":true,"error":null})");
    hear(R"({"id":null,"method":"mining.set_difficulty","params":[2.3283064365386963e-10]})");
    hear(kNotify);
  }
  std::string submit() {
    size_t hashes = 1000;
    REQUIRE(miner.search(hashes));
    output.clear();
    miner.submit(now, totals, output);
    return output;
  }

  FarmOptions options;
  Miner miner{options, "farm.sim1", 1};
  loka::stratum::Parser parser{loka::stratum::kPoolLineBytesMax};
  Instant now = Instant::from_ns(1'000'000);
  FarmTotals totals;
  std::string output;
  Miner::Event event = Miner::Event::kNothing;
};

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("miner: takes one step after the other") {
  FarmOptions options;
  options.subscribes_extranonce = true;
  options.password = "p\"w";
  Bench bench(options);
  CHECK(contains(bench.output, R"({"id":1,"method":"mining.configure")"));
  CHECK_FALSE(contains(bench.output, "subscribe"));
  CHECK(contains(bench.hear(R"({"id":1,"result":{"version-rolling":false},"error":null})"),
                 R"({"id":2,"method":"mining.subscribe","params":["loka-sim/)"));
  CHECK(contains(bench.hear(R"({"id":2,"result":[[],"",8],"error":null})"),
                 R"({"id":3,"method":"mining.authorize","params":["farm.sim1","p\"w"]})"));
  CHECK(contains(bench.hear(R"({"id":3,"result":null,"error":null})"),
                 R"({"id":4,"method":"mining.extranonce.subscribe","params":[]})"));
  CHECK(bench.hear(R"({"id":4,"result":null,"error":[20,"no",null]})").empty());
  CHECK_FALSE(bench.miner.is_ready());
  bench.hear(kNotify);
  CHECK(bench.event == Miner::Event::kReady);
  CHECK(bench.miner.is_ready());
  CHECK(bench.totals.authorized == 1);
}

TEST_CASE("miner: sends all steps at once when it pipelines, in order, and takes any order back") {
  FarmOptions options;
  options.is_pipelined = true;
  Bench bench(options);
  const size_t configure = bench.output.find("mining.configure");
  const size_t subscribe = bench.output.find("mining.subscribe");
  const size_t authorize = bench.output.find("mining.authorize");
  CHECK(configure < subscribe);
  CHECK(subscribe < authorize);
  REQUIRE(authorize != std::string::npos);
  bench.hear(kNotify);
  bench.hear(R"({"id":3,"result":true,"error":null})");
  bench.hear(R"({"id":2,"result":[[],"0a0b",4],"error":null})");
  CHECK(bench.event == Miner::Event::kReady);
  CHECK(bench.totals.answered_twice == 0);
}

TEST_CASE("miner: a refused login is counted, and the miner keeps still") {
  Bench bench;
  bench.hear(R"({"id":1,"result":null,"error":[20,"no",null]})");
  bench.hear(R"({"id":2,"result":[[],"0a0b",4],"error":null})");
  bench.hear(R"({"id":3,"result":null,"error":[24,"no",null]})");
  bench.hear(kNotify);
  CHECK_FALSE(bench.miner.is_ready());
  CHECK(bench.totals.authorize_refused == 1);
  CHECK(bench.totals.authorized == 0);
}

TEST_CASE("miner: a subscribe result that cannot be used is a bad line") {
  for (const char* result : {"[]", "null", R"([[],"0g",4])", R"([[],"0a0",4])", R"([[],"0a",0])",
                             R"([[],"0a",33])", R"([[],7,4])"}) {
    Bench bench;
    bench.hear(R"({"id":1,"result":{},"error":null})");
    bench.hear(R"({"id":2,"result":)" + std::string(result) + R"(,"error":null})");
    CHECK(bench.totals.bad_lines == 1);
  }
}

TEST_CASE("miner: submits have six parameters when rolling was granted, else five") {
  Bench rolling;
  rolling.log_in();
  const std::string six = rolling.submit();
  CHECK(contains(six, R"({"id":4,"method":"mining.submit","params":["farm.sim1","j1",")"));
  CHECK(std::count(six.begin(), six.end(), ',') == 7);
  Bench plain;
  plain.log_in(R"({"version-rolling":false})");
  const std::string five = plain.submit();
  CHECK(std::count(five.begin(), five.end(), ',') == 6);
}

TEST_CASE("miner: every submit wants exactly one answer") {
  Bench bench;
  bench.log_in();
  bench.submit();
  bench.submit();
  bench.submit();
  CHECK(bench.miner.open_submits() == 3);
  bench.now = bench.now + Duration::milliseconds(7);
  bench.hear(R"({"id":5,"result":true,"error":null})");
  CHECK(bench.event == Miner::Event::kAnswered);
  bench.hear(R"({"id":"4","result":null,"error":[23,"Low difficulty share",null]})");
  CHECK(bench.totals.accepted == 1);
  CHECK(bench.totals.rejected == 1);
  CHECK(bench.totals.rejected_by_code.of(23) == 1);
  CHECK(bench.totals.latency.max() == Duration::milliseconds(7));
  bench.hear(R"({"id":5,"result":true,"error":null})");
  bench.hear(R"({"id":99,"result":true,"error":null})");
  bench.hear(R"({"id":null,"result":true,"error":null})");
  CHECK(bench.totals.answered_twice == 3);
  CHECK(bench.totals.accepted == 1);
  CHECK(bench.miner.end(bench.totals) == 1);
  CHECK(bench.totals.authorized == 0);
}

TEST_CASE("miner: only true without an error is an acceptance, and any error has a code") {
  Bench bench;
  bench.log_in();
  const std::vector<std::pair<std::string, int>> answers{
      {R"("result":false,"error":null,"reject-reason":"Above target")", 20},
      {R"("result":null,"error":null)", 20},
      {R"("result":true,"error":[21,"x"])", 21},
      {R"("result":null,"error":{"code":-1,"message":"x"})", -1},
      {R"("error":"text")", 20},
  };
  uint64_t id = 4;
  for (const auto& [members, code] : answers) {
    const uint64_t before = bench.totals.rejected_by_code.of(code);
    bench.submit();
    bench.hear("{\"id\":" + std::to_string(id++) + "," + members + "}");
    CHECK(bench.totals.rejected_by_code.of(code) == before + 1);
  }
  CHECK(bench.totals.accepted == 0);
}

TEST_CASE("miner: a difficulty, a target and an extranonce count from the next job on") {
  Bench bench;
  bench.log_in(R"({"version-rolling":false})");
  bench.hear(R"({"id":null,"method":"mining.set_difficulty","params":[1e30]})");
  bench.hear(R"({"id":null,"method":"mining.set_extranonce","params":["0c",2]})");
  CHECK(contains(bench.submit(), R"("6553f100")"));
  size_t hashes = 50;
  bench.hear(kNotify);
  CHECK_FALSE(bench.miner.search(hashes));
  CHECK(hashes == 0);
  bench.hear(R"({"id":null,"method":"mining.set_target","params":[")" + std::string(64, 'f') +
             R"("]})");
  bench.hear(kNotify);
  const std::string submit = bench.submit();
  const size_t job = submit.find(R"("j1",")");
  REQUIRE(job != std::string::npos);
  CHECK(submit[job + 6 + 4] == '"');  // extranonce2 has two bytes now
}

TEST_CASE("miner: a version mask counts at once") {
  Bench bench;
  bench.log_in();
  bench.hear(R"({"id":null,"method":"mining.set_version_mask","params":["00002000"]})");
  const std::string submit = bench.submit();
  const std::string bits = submit.substr(submit.size() - 12, 8);
  CHECK((bits == "00000000" || bits == "00002000"));
}

TEST_CASE("miner: jobs and settings that cannot be are dropped and counted") {
  Bench bench;
  bench.log_in();
  for (const char* bad : {
           R"({"id":null,"method":"mining.notify","params":[1]})",
           R"({"id":null,"method":"mining.set_difficulty","params":[0]})",
           R"({"id":null,"method":"mining.set_target","params":["ff"]})",
           R"({"id":null,"method":"mining.set_extranonce","params":["0g",4]})",
           R"({"id":null,"method":"mining.set_extranonce","params":["0a",99]})",
           R"({"id":null,"method":"mining.set_version_mask","params":["x"]})",
           "no json",
       })
    CHECK(bench.hear(bad).empty());
  CHECK(bench.totals.bad_lines == 7);
  CHECK(bench.hear(R"({"id":1,"method":"mining.ping","params":[]})").empty());
  CHECK(bench.totals.bad_lines == 7);
  bench.submit();
}

TEST_CASE("miner: hashing takes no more than it is given and goes on where it stopped") {
  Bench bench;
  bench.log_in();
  bench.hear(R"({"id":null,"method":"mining.set_difficulty","params":[1e-7]})");
  bench.hear(kNotify);
  size_t turns = 0;
  bool is_found = false;
  while (!is_found && turns < 100'000) {
    size_t hashes = 1;
    is_found = bench.miner.search(hashes);
    ++turns;
  }
  CHECK(is_found);
}

// A miner and a pool on one bench: whatever the pool's sizes, the miner's shares are valid.
TEST_CASE("miner: all its shares are accepted by the simulated pool, over jobs and reconnects") {
  struct Setting {
    size_t extranonce1_bytes, extranonce2_size;
    uint32_t version_mask;
    bool cleans;
  };
  for (const Setting& setting :
       {Setting{4, 8, 0x1fffe000, false}, Setting{1, 1, 0, false},
        Setting{16, 32, 0x00006000, true}, Setting{8, 2, 0xffffffff, true}}) {
    PoolOptions pool_options;
    pool_options.extranonce1_bytes = setting.extranonce1_bytes;
    pool_options.extranonce2_size = setting.extranonce2_size;
    pool_options.version_mask = setting.version_mask;
    pool_options.cleans_every_job = setting.cleans;
    PoolTotals pool_totals;
    ShareLog log;
    Times times{Instant::from_ns(1), 1'700'000'000};
    Pool pool(pool_options, 0, times, pool_totals, log);
    FarmOptions farm_options;
    FarmTotals totals;
    Miner miner(farm_options, "farm.sim1", 7);
    loka::stratum::Parser parser(loka::stratum::kPoolLineBytesMax);

    for (int connection = 0; connection < 3; ++connection) {
      PoolSession session(pool.take_extranonce1().value());
      std::string to_pool, to_miner;
      miner.begin(to_pool);
      // Hands lines to and fro until both are silent.
      const auto talk = [&] {
        while (!to_pool.empty() || !to_miner.empty()) {
          std::string lines = std::exchange(to_pool, "");
          for (size_t end; (end = lines.find('\n')) != std::string::npos; lines.erase(0, end + 1))
            REQUIRE(
                session.handle(lines.substr(0, end), parser, pool, times, {to_miner, to_miner}));
          lines = std::exchange(to_miner, "");
          for (size_t end; (end = lines.find('\n')) != std::string::npos; lines.erase(0, end + 1))
            miner.handle(lines.substr(0, end), parser, times.now, totals, to_pool);
        }
      };
      talk();
      for (int job = 0; job < 5; ++job) {
        for (int share = 0; share < 20; ++share) {
          size_t hashes = 1'000'000;
          REQUIRE(miner.search(hashes));
          miner.submit(times.now, totals, to_pool);
          talk();
        }
        times = {times.now + Duration::seconds(30), times.unix_s + 30};
        pool.make_job(times);
        session.catch_up(pool, to_miner);
        talk();
      }
      CHECK(miner.end(totals) == 0);
    }
    CHECK(totals.submitted == 300);
    CHECK(totals.accepted == 300);
    CHECK(totals.bad_lines == 0);
    CHECK(totals.is_clean());
    CHECK(pool_totals.accepted == 300);
  }
}
