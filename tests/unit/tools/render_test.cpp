#include "tools/lokactl/render.h"

#include <algorithm>
#include <chrono>

#include <doctest/doctest.h>

#include "common/control/message.h"

using namespace loka::lokactl;
using namespace loka::control;

namespace {

Status a_status() {
  Status status;
  status.version = "0.1.0";
  status.state = "healthy";
  status.uptime_s = 273'600;
  status.mode = "passthrough";
  status.config_file = "/etc/loka/loka.yaml";
  status.config_generation = 3;
  status.workers = {{1, "serving", 4410, 4412, 3, 512, 12, 2},
                    {2, "recovering", 4411, 0, 1, 488, 1310, 0}};
  status.miners_connected = 1000;
  status.miners_authorized = 998;
  status.connections_total = 12345;
  status.shares = {123'456, 123'000, 0, 400, 30, 2, 10, 1, 3, 10, 2, 1};
  status.hashrate_hs = {1.1e17, 1.08e17, 1.05e17};
  status.pools = {{"primary",
                   "stratum+tcp://pool.example.com:3333",
                   "healthy",
                   "active",
                   1000,
                   123'000,
                   400,
                   41.5,
                   122,
                   998,
                   0.2,
                   {},
                   0},
                  {"backup",
                   "stratum+tcp://backup.example.com:3333",
                   "failed",
                   "standby",
                   0,
                   0,
                   0,
                   0,
                   0,
                   0,
                   {},
                   4000.0,
                   12}};
  return status;
}

constexpr const char* kStatus =
    "Loka Stratum 0.1.0   healthy   up 3d4h   passthrough\n"
    "\n"
    "Config      /etc/loka/loka.yaml, generation 3\n"
    "Miners      1,000 connected, 998 authorized, 12,345 connections since start\n"
    "Hashrate    110 PH/s (1m)   108 PH/s (5m)   105 PH/s (1h)\n"
    "Shares      123,456 submitted\n"
    "            accepted  123,000  99.63 %  stale           30   0.02 %  local        0\n"
    "            rejected      400   0.32 %  duplicate        2  <0.01 %  unanswered   3  <0.01 %\n"
    "            invalid         1  <0.01 %  low_difficulty  10  <0.01 %  in_flight   10  <0.01 %\n"
    "            late: 2 accepted, 1 rejected\n"
    "\n"
    "WORKER  STATE       ENGINE  KEEPER  EPOCH  DEATHS  SESSIONS    HEARTBEAT\n"
    "     1  serving       4412    4410      3       2       512  12.0 ms ago\n"
    "     2  recovering       -    4411      1       0       488   1.31 s ago\n"
    "\n"
    "POOL     STATE    ROLE     CONNECTIONS  SERVING  ACCEPTED  REJECTED      P50     P99  URL\n"
    "primary  healthy  active         1,000      998   123,000       400  41.5 ms  122 ms  "
    "stratum+tcp://pool.example.com:3333\n"
    "backup   failed   standby            0        0         0         0        -       -  "
    "stratum+tcp://backup.example.com:3333\n";

}  // namespace

TEST_CASE("render: status at a glance") { CHECK(render(a_status(), false) == kStatus); }

TEST_CASE("render: colours change nothing but the colours") {
  std::string coloured = render(a_status(), true);
  CHECK(coloured.find("\x1b[32mhealthy\x1b[0m") != std::string::npos);
  CHECK(coloured.find("\x1b[33mrecovering\x1b[0m") != std::string::npos);
  CHECK(coloured.find("\x1b[1;31mfailed\x1b[0m") != std::string::npos);
  for (size_t begin; (begin = coloured.find('\x1b')) != std::string::npos;) {
    coloured.erase(begin, coloured.find('m', begin) + 1 - begin);
  }
  CHECK(coloured == kStatus);
}

TEST_CASE("render: status says so when the states do not add up, and only then") {
  CHECK(render(a_status(), false).find("add up") == std::string::npos);
  Status status = a_status();
  status.shares.accepted -= 1500;
  CHECK(render(status, false).find("the states do not add up to the submits: 1,500 missing\n") !=
        std::string::npos);
  status.shares.accepted += 1507;
  CHECK(render(status, false).find("the submits: 7 too many\n") != std::string::npos);
}

TEST_CASE("render: warnings stand under the first line, one each, and cannot break out") {
  Status status = a_status();
  status.state = "degraded";
  status.warnings = {"slot 2 has failed", "two\nlines\x1b[2J"};
  CHECK(render(status, false)
            .starts_with("Loka Stratum 0.1.0   degraded   up 3d4h   passthrough\n"
                         "  slot 2 has failed\n"
                         "  two?lines?[2J\n"
                         "\n"));
}

TEST_CASE("render: an empty service has a status too") {
  const std::string text = render(Status(), false);
  CHECK(text.find("Config      no file, generation 0\n") != std::string::npos);
  CHECK(text.find("Shares      0 submitted\n") != std::string::npos);
}

TEST_CASE("render: miners by login, then address; what they send cannot move the cursor") {
  Miners miners;
  miners.miners = {{"farm.rig9",
                    "10.0.0.9:4000",
                    "cgminer/4.12",
                    "primary",
                    1,
                    65536,
                    {1.1e14, 1e14, 9e13},
                    1200,
                    1190,
                    8,
                    2,
                    4.0,
                    90'061},
                   {"farm.rig10", "10.0.0.10:4000", "", "", 2, 0.001, {}, 0, 0, 0, 0, {}, 12},
                   {"\x1b]0;owned\x07",
                    "10.0.0.1:1",
                    "a-very-long-agent-name/1.2.3.4",
                    "primary",
                    1,
                    512,
                    {},
                    1,
                    0,
                    1,
                    0,
                    61.0,
                    61}};
  CHECK(render(miners, false) ==
        "LOGIN       ADDRESS         AGENT                     POOL     DIFFICULTY        1M"
        "        5M         1H  SUBMITTED  ACCEPTED  REJECTED  LAST SHARE  CONNECTED\n"
        "?]0;owned?  10.0.0.1:1      a-very-long-agent-name/…  primary         512     0 H/s"
        "     0 H/s      0 H/s          1         0         1        1m1s       1m1s\n"
        "farm.rig10  10.0.0.10:4000                            -             0.001     0 H/s"
        "     0 H/s      0 H/s          0         0         0       never        12s\n"
        "farm.rig9   10.0.0.9:4000   cgminer/4.12              primary       65.5k  110 TH/s"
        "  100 TH/s  90.0 TH/s      1,200     1,190         8          4s       1d1h\n"
        "\n"
        "3 sessions, 100 TH/s over 5 minutes\n");
  CHECK(render(Miners(), false) == "No miner is connected.\n");
  miners.omitted = 1;
  CHECK(render(miners, false).ends_with("1 more session is not shown\n"));
}

TEST_CASE("render_in_full: one session with everything") {
  Miners miners;
  miners.miners = {{"farm.rig9",
                    "10.0.0.9:4000",
                    "cgminer/4.12",
                    "primary",
                    1,
                    65536,
                    {1.1e14, 1e14, 9e13},
                    1200,
                    1190,
                    8,
                    2,
                    4.0,
                    90'061}};
  CHECK(render_in_full(miners, false) ==
        "farm.rig9\n"
        "  address     10.0.0.9:4000\n"
        "  agent       cgminer/4.12\n"
        "  connected   1d1h\n"
        "  worker      1\n"
        "  pool        primary\n"
        "  difficulty  65.5k\n"
        "  hashrate    110 TH/s (1m)   100 TH/s (5m)   90.0 TH/s (1h)\n"
        "  submitted   1,200\n"
        "  accepted    1,190\n"
        "  rejected    8\n"
        "  unanswered  2\n"
        "  last share  4s ago\n");
}

TEST_CASE("render: pools with their last success and failure") {
  CHECK(render(Pools{a_status().pools}, false) ==
        "POOL     STATE    ROLE     CONNECTIONS  SERVING  ACCEPTED  REJECTED      P50     P99  "
        "LAST SUCCESS  LAST FAILURE  IN A ROW  URL\n"
        "primary  healthy  active         1,000      998   123,000       400  41.5 ms  122 ms  "
        "          0s         never         0  stratum+tcp://pool.example.com:3333\n"
        "backup   failed   standby            0        0         0         0        -       -  "
        "       never          1h6m        12  stratum+tcp://backup.example.com:3333\n");
}

TEST_CASE("render: a reload says what was taken, what was refused, and why") {
  CHECK(render(ReloadReport{}, false) == "Nothing changed.\n");
  CHECK(render(ReloadReport{true,
                            4,
                            {"limiter.jobs: 10m becomes 20m, at once"},
                            {"server.listen: needs a restart; running value stays 0.0.0.0:3333"},
                            {}},
               false) ==
        "Taken over as generation 4:\n"
        "  limiter.jobs: 10m becomes 20m, at once\n"
        "  server.listen: needs a restart; running value stays 0.0.0.0:3333\n");
  CHECK(render(ReloadReport{false, 3, {}, {}, {"f:1:1: nonsense: unknown key"}}, false) ==
        "The new configuration was not taken; the running one stays.\n"
        "  f:1:1: nonsense: unknown key\n");
}

TEST_CASE("render: the configuration keeps its lines and loses its escapes") {
  CHECK(render(ConfigText{"a: 1\nb: \x1b[31m\n", 2}, false) == "# generation 2\na: 1\nb: ?[31m\n");
  CHECK(render(Version{"0.1.0"}, false) == "service 0.1.0\n");
  CHECK(render(Done{"log files reopened"}, false) == "log files reopened\n");
}

TEST_CASE("render: ten thousand miners from JSON to a table in a moment") {
  Miners miners;
  for (int i = 0; i < 10'000; ++i) {
    miners.miners.push_back({"farm.rig" + std::to_string(i * 7919 % 10'000),
                             "10.0.0.9:4000",
                             "cgminer/4.12",
                             "primary",
                             1,
                             65536,
                             {1.1e14, 1e14, 9e13},
                             1200,
                             1190,
                             8,
                             2,
                             4.0,
                             90'061});
  }
  const std::string answer = encode_ok(to_json(miners));
  const auto begin = std::chrono::steady_clock::now();
  const auto document = from_json<Miners>(decode_answer(answer).value());
  const std::string text = render(document.value(), true);
  const auto took = std::chrono::steady_clock::now() - begin;
  CHECK(std::count(text.begin(), text.end(), '\n') == 10'003);
  CHECK(took < std::chrono::seconds(2));  // 50 ms on an idle machine, without sanitizers
}
