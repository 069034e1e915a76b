#include "common/config/validate.h"

#include <doctest/doctest.h>

#include "tests/unit/config/fixture.h"

using namespace loka::config;
using loka::Duration;

namespace {

Config good() {
  Config config;
  config.pools = {pool_at("primary", "pool.example.com", 3333)};
  return config;
}

// The problems of a good configuration after one change.
template <class Change>
Lines after(Change change) {
  Config config = good();
  change(config);
  return texts(validate(config, {}));
}

}  // namespace

TEST_CASE("validate: a good configuration has no problem") {
  CHECK(texts(validate(good(), {})) == Lines{});
}

TEST_CASE("validate: pools need a host, a port and a name of their own") {
  CHECK(after([](Config& c) { c.pools.clear(); }) ==
        Lines{"pools: no pool is configured; write pool: with url: stratum+tcp://host:port below "
              "it"});
  CHECK(after([](Config& c) { c.pools[0].address = {}; }) ==
        Lines{"pools.1.url: the pool has no host; write url: stratum+tcp://host:port",
              "pools.1.url: the pool has no port; write the port that it listens on"});
  CHECK(after([](Config& c) { c.pools[0].address.host = "stratum+tcp://h"; }) ==
        Lines{"pools.1.url: 'stratum+tcp://h' is not a host name or an IP address; write only the "
              "host under host:, or the whole under url:"});
  CHECK(after([](Config& c) { c.pools.push_back(c.pools[0]); }) ==
        Lines{"pools.2.name: pool 1 has the name 'primary' too; give each pool a name of its own"});
  CHECK(after([](Config& c) {
          c.pools.resize(kPoolsMax + 1, c.pools[0]);
          for (size_t i = 0; i < c.pools.size(); ++i) c.pools[i].name = std::to_string(i);
        }) == Lines{"pools: more than 16 pools; remove some"});
}

TEST_CASE("validate: TLS pools and aggregate mode are not available yet") {
  CHECK(after([](Config& c) { c.pools[0].tls = true; }) ==
        Lines{"pools.1.url: stratum+ssl is not available yet; it comes with a later version; write "
              "stratum+tcp:// with the pool's plain port"});
  CHECK(after([](Config& c) { c.server.mode = Mode::kAggregate; }) ==
        Lines{"server.mode: aggregate is not available yet; write passthrough"});
}

TEST_CASE("validate: listen wants addresses with ports, each once") {
  CHECK(after([](Config& c) { c.server.listen.clear(); }) ==
        Lines{"server.listen: is empty; write at least one address:port"});
  CHECK(after([](Config& c) {
          c.server.listen = {{"localhost", 3333}, {"::1", 0}, {"0:0::1", 5}, {"::1", 5}};
        }) ==
        Lines{"server.listen.1: 'localhost' is not an IP address; names are not looked up here; "
              "0.0.0.0 or [::] listens on all addresses",
              "server.listen.2: has no port; write address:port",
              "server.listen.4: [::1]:5 is given twice; remove one"});
  CHECK(after([](Config& c) {
          c.server.listen.clear();
          for (uint16_t i = 0; i <= kListenMax; ++i) {
            c.server.listen.push_back({"0.0.0.0", static_cast<uint16_t>(i + 1)});
          }
        }) == Lines{"server.listen: more than 16 addresses; 0.0.0.0 and [::] stand for all "
                    "addresses of the machine"});
}

TEST_CASE("validate: numbers and durations have ranges, ends included") {
  CHECK(after([](Config& c) { c.server.workers = kWorkersMax; }) == Lines{});
  CHECK(after([](Config& c) { c.server.workers = kWorkersMax + 1; }) ==
        Lines{"server.workers: more than 64 workers; write auto for one per core"});
  CHECK(after([](Config& c) { c.limiter.connections = kConnectionsMax + 1; }).size() == 1);
  CHECK(after([](Config& c) { c.limiter.jobs = kJobsMin; }) == Lines{});
  CHECK(after([](Config& c) { c.limiter.jobs = kJobsMin - Duration::nanoseconds(1); }).size() == 1);
  CHECK(after([](Config& c) { c.limiter.jobs = Duration::hours(25); }) ==
        Lines{"limiter.jobs: 1d1h is out of range; write 10s to 1d"});
  CHECK(after([](Config& c) { c.limiter.submissions = Duration(); }) ==
        Lines{"limiter.submissions: 0s is out of range; write 1m to 30d"});
}

TEST_CASE("validate: texts have lengths") {
  CHECK(after([](Config& c) { c.pools[0].username = std::string(kUsernameBytesMax, 'u'); }) ==
        Lines{});
  CHECK(
      after([](Config& c) { c.pools[0].username = std::string(kUsernameBytesMax + 1, 'u'); }) ==
      Lines{"pools.1.username: is longer than 96 bytes: with a worker's name it would not fit the "
            "128 of a login; shorten it"});
  CHECK(after([](Config& c) { c.pools[0].username = "a\tb"; }) ==
        Lines{"pools.1.username: contains control characters; remove them"});
  CHECK(after([](Config& c) {
          c.pools[0].password = std::string(kPasswordBytesMax + 1, 'p');
        }).size() == 1);
  CHECK(after([](Config& c) {
          c.pools[0].name = std::string(kPoolNameBytesMax + 1, 'n');
        }).size() == 1);
  CHECK(after([](Config& c) { c.pools[0].address.host = std::string(63, 'h'); }) == Lines{});
  CHECK(after([](Config& c) {
          std::string host;
          for (int i = 0; i < 127; ++i) host += "a.";
          c.pools[0].address.host = host;
        }).size() == 1);
}

TEST_CASE("validate: separators are one to four visible characters, each once") {
  CHECK(after([](Config& c) { c.pools[0].separator = {".", "_", "-", ","}; }) == Lines{});
  CHECK(after([](Config& c) { c.pools[0].separator = {}; }).size() == 1);
  CHECK(after([](Config& c) { c.pools[0].separator = {".", "_", "-", ",", "+"}; }).size() == 1);
  for (const char* text : {"", "..", " ", "\x7f", "\xc3\xa4"}) {
    CAPTURE(text);
    CHECK(after([&](Config& c) { c.pools[0].separator = {text}; }).size() == 1);
  }
  CHECK(after([](Config& c) { c.pools[0].separator = {".", "."}; }) ==
        Lines{"pools.1.separator: '.' is given twice; remove one"});
}

TEST_CASE("validate: paths are absolute, the runtime directory leaves room for its socket") {
  CHECK(after([](Config& c) { c.server.runtime_dir = "run"; }) ==
        Lines{"server.runtime_dir: is not an absolute path; begin it with /"});
  CHECK(after([](Config& c) { c.server.runtime_dir = '/' + std::string(90, 'r'); }) ==
        Lines{"server.runtime_dir: is longer than 90 bytes; shorten it"});
  CHECK(after([](Config& c) { c.logging.file = "loka.log"; }) ==
        Lines{"logging.file: is not an absolute path; begin it with /"});
}

TEST_CASE("load: problems of meaning stand at the value's place, once") {
  CHECK(
      problems_of("server:\n  listen:\n    - 0.0.0.0:1\n    - 0.0.0.0:1\n"
                  "pool:\n  url: stratum+ssl://h:1\n") ==
      Lines{"f:4:7: server.listen.2: 0.0.0.0:1 is given twice; remove one",
            "f:6:8: pools.1.url: stratum+ssl is not available yet; it comes with a later version; "
            "write stratum+tcp:// with the pool's plain port"});
  // A value that could not be read is not judged a second time.
  CHECK(problems_of("pool: {url: 'h'}\n") ==
        Lines{"f:1:13: pool.url: 'h' has no port; write stratum+tcp://host:port"});
}
