#include "common/config/diff.h"

#include <doctest/doctest.h>

#include "tests/unit/config/fixture.h"

using namespace loka::config;

namespace {

Config running() {
  Config config;
  config.pools = {pool_at("primary", "a", 3333)};
  return config;
}

template <class Change>
Lines sentences_after(Change change) {
  Config wanted = running();
  change(wanted);
  Lines out;
  for (const auto& found : diff(running(), wanted)) out.push_back(found.sentence());
  return out;
}

}  // namespace

TEST_CASE("diff: the same configuration has no change") {
  CHECK(diff(running(), running()).empty());
}

TEST_CASE("diff: says when a change counts") {
  CHECK(sentences_after([](Config& c) { c.limiter.jobs = loka::Duration::minutes(20); }) ==
        Lines{"limiter.jobs: 10m becomes 20m, at once"});
  CHECK(sentences_after([](Config& c) { c.pools[0].address.host = "b"; }) ==
        Lines{"pools.1.url: stratum+tcp://a:3333 becomes stratum+tcp://b:3333, for new sessions"});
  CHECK(sentences_after([](Config& c) { c.pools[0].separator = {"-"}; }) ==
        Lines{"pools.1.separator: ., _ becomes -, for new sessions"});
  CHECK(sentences_after([](Config& c) { c.logging.file = "/l"; }) ==
        Lines{"logging.file: (empty) becomes /l, at once"});
}

TEST_CASE("diff: what needs a restart keeps its running value, with a sentence") {
  CHECK(sentences_after([](Config& c) {
          c.server.listen = {{"0.0.0.0", 1}};
          c.server.workers = 3;
          c.server.runtime_dir = "/tmp";
        }) == Lines{"server.listen: needs a restart; running value stays 0.0.0.0:3333",
                    "server.workers: needs a restart; running value stays auto",
                    "server.runtime_dir: needs a restart; running value stays /run/loka"});
}

TEST_CASE("diff: secrets are masked") {
  CHECK(sentences_after([](Config& c) { c.pools[0].password = "s3cret"; }) ==
        Lines{"pools.1.password: changed, for new sessions"});
  CHECK(sentences_after([](Config& c) { c.pools[0].password = ""; }) ==
        Lines{"pools.1.password: ******** becomes (empty), for new sessions"});
}

TEST_CASE("diff: pools come and go whole") {
  CHECK(sentences_after([](Config& c) { c.pools.push_back(pool_at("backup", "b", 1)); }) ==
        Lines{"pools.2: backup (stratum+tcp://b:1) is added, for new sessions"});
  CHECK(sentences_after([](Config& c) { c.pools.clear(); }) ==
        Lines{"pools.1: primary (stratum+tcp://a:3333) is removed, for new sessions"});
}

TEST_CASE("applicable: takes everything but what needs a restart") {
  Config wanted = running();
  wanted.server = {{{"::1", 1}}, 3, Mode::kAggregate, "/tmp"};
  wanted.pools[0].username = "farm";
  wanted.limiter.connections = 9;
  wanted.logging.level = loka::LogLevel::kDebug;
  const Config taken = applicable(running(), wanted);
  CHECK(taken.server == running().server);
  CHECK(taken.pools == wanted.pools);
  CHECK(taken.limiter == wanted.limiter);
  CHECK(taken.logging == wanted.logging);
  for (const auto& change : diff(taken, wanted)) CHECK(change.effect == Effect::kRestart);
}
