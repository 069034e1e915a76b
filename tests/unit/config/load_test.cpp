#include "common/config/load.h"

#include <doctest/doctest.h>

#include "tests/unit/config/fixture.h"

using namespace loka::config;
using loka::Duration;
using loka::LogFormat;
using loka::LogLevel;

// yaml-cpp took the rest of the file for the value, and the service started with it.
TEST_CASE("load: a quote that is never closed is a problem, with and without a last newline") {
  for (const char* text : {"pool:\n  url: h:1\n  username: \"abc\nserver: {port: 5}\n",
                           "pool:\n  url: h:1\n  password: 'a: b\n", "pool: {url: 'h:1"}) {
    CAPTURE(text);
    CHECK(has_errors(load_text(text, "f").problems));
  }
  CHECK_FALSE(has_errors(load_text("pool:\n  url: 'h:1'", "f").problems));
  CHECK_FALSE(has_errors(load_text("pool: {url: \"h:1\"}\n", "f").problems));
}

TEST_CASE("load: every key of the contract's example is taken") {
  const auto result = load_text(R"(
server:
  listen: ["10.0.0.1:3333", "[2001:db8::1]:3334"]
  workers: 4
  mode: passthrough
  runtime_dir: /tmp/loka
pools:
  - name: primary
    url: stratum+tcp://pool.example.com:3333/#xnsub
    username: farm
    password: secret
    separator: ["-", "_"]
    extranonce: false
  - host: backup.example.com
    port: 25
limiter:
  connections: 5000
  jobs: 15m
  submissions: 1d
logging:
  level: debug
  format: json
  file: /var/log/loka.log
)",
                                "f");
  CHECK(texts(result.problems) == Lines{});
  const Config& config = result.config;
  CHECK(config.server.listen == std::vector<Endpoint>{{"10.0.0.1", 3333}, {"2001:db8::1", 3334}});
  CHECK(config.server.workers == 4);
  CHECK(config.server.runtime_dir == "/tmp/loka");
  REQUIRE(config.pools.size() == 2);
  CHECK(config.pools[0] ==
        Pool{"primary", {"pool.example.com", 3333}, false, "farm", "secret", {"-", "_"}, false});
  CHECK(config.pools[1] ==
        Pool{"pool2", {"backup.example.com", 25}, false, "", "x", {".", "_"}, true});
  CHECK(config.limiter.connections == 5000);
  CHECK(config.limiter.jobs == Duration::minutes(15));
  CHECK(config.limiter.submissions == Duration::hours(24));
  CHECK(config.logging.level == LogLevel::kDebug);
  CHECK(config.logging.format == LogFormat::kJson);
  CHECK(config.logging.file == "/var/log/loka.log");
}

TEST_CASE("load: one pool may be a mapping, one separator a string, port stands for listen") {
  const auto result = load_text(
      "server: {port: 3334}\n"
      "pool: {host: 10.0.0.5, port: 3333, separator: '-'}\n",
      "f");
  CHECK(texts(result.problems) == Lines{});
  CHECK(result.config.server.listen == std::vector<Endpoint>{{"0.0.0.0", 3334}});
  REQUIRE(result.config.pools.size() == 1);
  CHECK(result.config.pools[0].name == "pool1");
  CHECK(result.config.pools[0].address == Endpoint{"10.0.0.5", 3333});
  CHECK(result.config.pools[0].separator == std::vector<std::string>{"-"});
}

TEST_CASE("load: sections and lists without content keep their defaults") {
  CHECK(with_pool("server:\nlimiter:\nlogging: ~\n").config.server == Server());
  CHECK(with_pool("server:\n").problems.empty());
  CHECK(problems_of("") == Lines{"pools: no pool is configured; write pool: with url: "
                                 "stratum+tcp://host:port below it"});
}

TEST_CASE("load: unknown keys are problems with the nearest known key") {
  CHECK(problems_of("servr: {}\npool: {url: 'h:1', usrname: a}\n") ==
        Lines{"f:1:1: servr: unknown key; did you mean 'server'?",
              "f:2:20: pool.usrname: unknown key; did you mean 'username'?"});
  CHECK(problems_of("level: info\npool: {url: 'h:1'}\n") ==
        Lines{"f:1:1: level: unknown key; it belongs under 'logging:'"});
  CHECK(problems_of("limiter: {banana: 1}\npool: {url: 'h:1'}\n") ==
        Lines{"f:1:11: limiter.banana: unknown key; known here: connections, jobs, submissions"});
}

TEST_CASE("load: duplicate keys are problems, where yaml-cpp takes the first in silence") {
  CHECK(problems_of("server:\n  workers: 1\n  workers: 2\nserver: {mode: passthrough}\n"
                    "pool: {url: 'h:1'}\n") ==
        Lines{"f:3:3: server.workers: given twice, first in line 2; keep one of them",
              "f:4:1: server: given twice, first in line 1; merge the two"});
}

TEST_CASE("load: keys that contradict each other are problems") {
  CHECK(problems_of("pool: {url: 'h:1'}\npools: [{url: 'h:1'}]\n") ==
        Lines{"f:2:1: pools: 'pool' and 'pools' are both given; keep one of them"});
  CHECK(problems_of("server: {port: 1, listen: ['0.0.0.0:1']}\npool: {url: 'h:1'}\n") ==
        Lines{"f:1:19: server.listen: cannot stand beside 'port'; keep one of them"});
  CHECK(problems_of("pool: {url: 'h:1', host: g}\n") ==
        Lines{"f:1:20: pool.host: cannot stand beside 'url'; keep one of them"});
  CHECK(problems_of("pool: {url: 'h:1', password: a, password_file: b}\n") ==
        Lines{"f:1:33: pool.password_file: cannot stand beside 'password'; keep one of them"});
}

TEST_CASE("load: wrong shapes and words are problems, all of them at once") {
  CHECK(problems_of("server:\n"
                    "  listen: {a: 1}\n"
                    "  workers: many\n"
                    "  mode: both\n"
                    "  runtime_dir: [a]\n"
                    "limiter:\n"
                    "  connections: 0\n"
                    "  jobs: 10\n"
                    "logging: loud\n"
                    "pools:\n"
                    "  - url: h:1\n"
                    "    extranonce: yes\n"
                    "    password:\n"
                    "  - just text\n") ==
        Lines{"f:2:11: server.listen: must be a list; write [\"first\", \"second\"]",
              "f:3:12: server.workers: 'many' is not 'auto' or a whole number from 1; write auto "
              "or a number",
              "f:4:9: server.mode: 'both' is not one of: passthrough, aggregate; write one of them",
              "f:5:16: server.runtime_dir: must be one value; write one value, or remove the line "
              "for the default",
              "f:7:16: limiter.connections: '0' is not 'auto' or a whole number from 1; write auto "
              "or a number",
              "f:8:9: limiter.jobs: '10' is not a duration; write a whole number and a unit, as in "
              "500ms, 30s, 10m, 2d",
              "f:9:10: logging: must be a mapping; write its keys on lines of their own below it, "
              "indented",
              "f:12:17: pools.1.extranonce: 'yes' is not a boolean; write true or false",
              "f:13:5: pools.1.password: has no value; write one value, or remove the line for "
              "the default",
              "f:14:5: pools.2: must be a mapping; write url:, username: and password: below it, "
              "indented"});
}

TEST_CASE("load: a mapping under pools and a list under pool are problems") {
  CHECK(problems_of("pools: {url: 'h:1'}\n") ==
        Lines{"f:1:8: pools: must be a list; write '- url: …' for each pool, or 'pool:' for a "
              "single one"});
  CHECK(problems_of("pool: [{url: 'h:1'}]\n") ==
        Lines{"f:1:7: pool: must be a mapping; write url:, username: and password: below it, "
              "indented"});
}

TEST_CASE("load: sixteen pools are taken, the seventeenth is a problem") {
  std::string yaml = "pools:\n";
  for (size_t i = 0; i < kPoolsMax; ++i) yaml += "  - url: h:" + std::to_string(i + 1) + "\n";
  CHECK(problems_of(yaml) == Lines{});
  yaml += "  - url: h:99\n";
  CHECK(problems_of(yaml) == Lines{"f:18:5: pools: more than 16 pools; remove some"});
}

TEST_CASE("load: origins name the line of each value") {
  const auto result = load_text("server:\n  port: 3334\npool:\n  host: h\n  port: 1\n", "f");
  CHECK(result.origins.of("server.listen").text() == "f:2");
  CHECK(result.origins.of("server.workers").text() == "default");
  CHECK(result.origins.of("pools.1.url").text() == "f:5");
}
