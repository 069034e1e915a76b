#include "common/control/documents.h"

#include <doctest/doctest.h>

#include "common/control/frame.h"
#include "common/control/message.h"

using namespace loka::control;

namespace {

Status a_status() {
  Status status;
  status.version = "0.1.0";
  status.state = "degraded";
  status.uptime_s = 90;
  status.mode = "passthrough";
  status.config_file = "/etc/loka/loka.yaml";
  status.config_generation = 3;
  status.workers = {{1, "serving", 10, 11, 2, 5, 40, 1}};
  status.miners_connected = 5;
  status.miners_authorized = 4;
  status.connections_total = 9;
  status.shares = {45, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  status.hashrate_hs = {1.5, 2.5e12, 3};
  status.pools = {
      {"primary", "stratum+tcp://h:1", "healthy", "active", 5, 1, 2, 3.25, 40.5, 4, 0.5, {}, 0}};
  status.counters = {{"jobs_total", 12}};
  status.warnings = {"slot 2 has failed"};
  return status;
}

}  // namespace

TEST_CASE("to_json: status has the names of the contract") {
  CHECK(to_json(a_status()) ==
        R"({"schema":1,"version":"0.1.0","state":"degraded","uptime_s":90,"mode":"passthrough",)"
        R"("config":{"file":"/etc/loka/loka.yaml","generation":3},)"
        R"("workers":[{"slot":1,"state":"serving","keeper_pid":10,"engine_pid":11,"epoch":2,)"
        R"("sessions":5,"heartbeat_age_ms":40,"deaths":1}],)"
        R"("miners":{"connected":5,"authorized":4,"connections_total":9},)"
        R"("shares":{"submitted":45,"accepted":1,"local":2,"rejected":3,"stale":4,"duplicate":5,)"
        R"("low_difficulty":6,"invalid":7,"unanswered":8,"in_flight":9,"late_accepted":10,)"
        R"("late_rejected":11},"hashrate_hs":{"1m":1.5,"5m":2500000000000,"1h":3},)"
        R"("pools":[{"name":"primary","url":"stratum+tcp://h:1","state":"healthy","role":"active",)"
        R"("connections":5,"serving":4,"accepted":1,"rejected":2,"latency_ms":{"p50":3.25,)"
        R"("p99":40.5},"last_success_s":0.5,"last_failure_s":null,"failures_in_row":0}],)"
        R"("counters":[{"name":"jobs_total","value":12}],"warnings":["slot 2 has failed"]})");
}

TEST_CASE("from_json: reads back what to_json wrote") {
  const auto status = from_json<Status>(to_json(a_status()));
  REQUIRE(status);
  CHECK(*status == a_status());

  Miners miners;
  miners.miners = {{"farm.rig7",
                    "10.0.0.7:4711",
                    "cgminer/4.12",
                    "primary",
                    2,
                    65536,
                    {1, 2, 3},
                    9,
                    7,
                    1,
                    1,
                    4.5,
                    3600},
                   {"\xff\"\n", "", "", "", 1, 0.125, {}, 0, 0, 0, 0, {}, 0}};
  const auto back = from_json<Miners>(to_json(miners));
  REQUIRE(back);
  REQUIRE(back->miners.size() == 2);
  CHECK(back->miners[0] == miners.miners[0]);
  CHECK(back->miners[1].login == "\xef\xbf\xbd\"\n");  // what is no UTF-8 becomes U+FFFD
  CHECK_FALSE(back->miners[1].last_share_s);

  const auto reload =
      from_json<ReloadReport>(to_json(ReloadReport{false, 7, {"a"}, {"b", "c"}, {}}));
  REQUIRE(reload);
  CHECK_FALSE(reload->taken);
  CHECK(reload->generation == 7);
  CHECK(reload->refused == std::vector<std::string>{"b", "c"});
  CHECK(from_json<ConfigText>(to_json(ConfigText{"a: 1\n", 2}))->text == "a: 1\n");
  CHECK(from_json<Workers>(to_json(Workers{a_status().workers}))->workers == a_status().workers);
  CHECK(from_json<Pools>(to_json(Pools{a_status().pools}))->pools == a_status().pools);
  CHECK(from_json<Version>(to_json(Version{"1.2"}))->version == "1.2");
  CHECK(from_json<Done>(to_json(Done{"done"}))->what == "done");
}

TEST_CASE("from_json: what is absent or of another type keeps its default") {
  const auto status = from_json<Status>(
      R"({"schema":1,"state":7,"uptime_s":-1,"workers":[{"slot":4294967296},3],"miners":[],)"
      R"("shares":null,"pools":{},"new":{"a":[]}})");
  REQUIRE(status);
  Status wanted;
  wanted.workers.resize(2);
  CHECK(*status == wanted);
}

TEST_CASE("from_json: another schema and no document are refused") {
  CHECK_FALSE(from_json<Status>(R"({"schema":2})"));
  CHECK_FALSE(from_json<Status>(R"({})"));
  CHECK_FALSE(from_json<Status>(R"([])"));
  CHECK_FALSE(from_json<Status>(R"({"schema":1)"));
}

TEST_CASE("Shares: missing is what the states do not account for") {
  Shares shares = a_status().shares;
  CHECK(shares.missing() == 0);
  shares.submitted += 2;
  CHECK(shares.missing() == 2);
  shares.in_flight += 5;
  CHECK(shares.missing() == -3);
}

TEST_CASE("to_json: miners that do not fit a frame are left out and counted") {
  Miners miners;
  MinerEntry entry;
  entry.login = std::string(128, '\x01');  // six bytes each
  miners.miners.assign(40'000, entry);
  const std::string json = to_json(miners);
  CHECK(encode_ok(json).size() <= kFrameBytesMax);
  const auto back = from_json<Miners>(json);
  REQUIRE(back);
  CHECK(back->miners.size() >= 5'000);
  CHECK(back->miners.size() + back->omitted == 40'000);
}
