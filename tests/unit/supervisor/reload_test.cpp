#include "supervisor/reload.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace loka;
using namespace loka::supervisor;

namespace {

constexpr Instant kNow = Instant::from_ns(5'000'000'000);
using Words = std::vector<ReloadQueue::SlotWord>;

config::LoadResult loaded(std::string_view yaml) { return config::load_text(yaml, "loka.yaml"); }

constexpr std::string_view kBefore = R"(
pool: {url: "stratum+tcp://a.example.com:3333", username: farm}
limiter: {jobs: 10m}
)";

ReloadPlan plan(std::string_view after) {
  const auto before = loaded(kBefore);
  REQUIRE_FALSE(config::has_errors(before.problems));
  return plan_reload(before.config, loaded(after));
}

ReloadQueue running_queue(std::optional<ReloadQueue::ClientId> client, uint64_t generation) {
  ReloadQueue queue;
  REQUIRE(queue.ask(client));
  queue.begin();
  queue.published({}, generation, kNow);
  return queue;
}

}  // namespace

TEST_CASE("plan_reload: what can change at once is taken") {
  const auto result = plan(R"(
pool: {url: "stratum+tcp://b.example.com:3333", username: farm}
limiter: {jobs: 20m}
)");
  CHECK(result.is_taken);
  CHECK(result.is_changed);
  CHECK(result.config.limiter.jobs == Duration::minutes(20));
  CHECK(result.config.pools[0].address.host == "b.example.com");
  CHECK(result.report.changes.size() == 2);
  CHECK(result.report.refused.empty());
}

TEST_CASE("plan_reload: what needs a restart is refused with a sentence, the rest is taken") {
  const auto result = plan(R"(
server: {listen: ["127.0.0.1:4444"]}
pool: {url: "stratum+tcp://a.example.com:3333", username: farm}
limiter: {jobs: 20m}
)");
  CHECK(result.is_taken);
  CHECK(result.config.server == config::Server{});
  CHECK(result.config.limiter.jobs == Duration::minutes(20));
  REQUIRE(result.report.refused.size() == 1);
  CHECK(result.report.refused[0].find("server.listen") != std::string::npos);
  CHECK(result.report.changes.size() == 1);
}

TEST_CASE("plan_reload: only what needs a restart changes nothing") {
  const auto result = plan(R"(
server: {workers: 7}
pool: {url: "stratum+tcp://a.example.com:3333", username: farm}
limiter: {jobs: 10m}
)");
  CHECK_FALSE(result.is_changed);
  CHECK(result.report.refused.size() == 1);
}

TEST_CASE("plan_reload: a mistake leaves all as it runs, with one sentence for each") {
  const auto result = plan(R"(
pool: {url: "stratum+tcp://b.example.com:99999", username: farm}
limiter: {jobs: soon}
)");
  CHECK_FALSE(result.is_taken);
  CHECK_FALSE(result.report.taken);
  CHECK_FALSE(result.is_changed);
  CHECK(result.config == loaded(kBefore).config);
  CHECK(result.report.problems.size() == 2);
  CHECK(result.report.changes.empty());
}

TEST_CASE("reload_queue: it has finished when every slot shows the generation") {
  ReloadQueue queue = running_queue(7, 3);
  CHECK_FALSE(queue.look(Words{{1, 3, false}, {2, 2, false}}, kNow).has_value());
  const auto finished = queue.look(Words{{1, 3, false}, {2, 4, false}}, kNow);
  REQUIRE(finished.has_value());
  CHECK(finished->clients == std::vector<ReloadQueue::ClientId>{7});
  CHECK(finished->report.problems.empty());
  CHECK_FALSE(finished->is_wanted_again);
  CHECK_FALSE(queue.is_running());
  CHECK_FALSE(queue.look(Words{{1, 3, false}}, kNow).has_value());
}

TEST_CASE("reload_queue: after 2 s those that have not taken it over are named") {
  ReloadQueue queue = running_queue(7, 3);
  const Words words{{1, 3, false}, {2, 2, false}, {3, 2, true}};
  CHECK_FALSE(queue.look(words, kNow + Duration::milliseconds(1999)).has_value());
  const auto finished = queue.look(words, kNow + Duration::seconds(2));
  REQUIRE(finished.has_value());
  REQUIRE(finished->report.problems.size() == 2);
  CHECK(finished->report.problems[0].find("worker 2") != std::string::npos);
  CHECK(finished->report.problems[1].find("worker 3") != std::string::npos);
  CHECK(finished->report.problems[1].find("could not read") != std::string::npos);
}

TEST_CASE("reload_queue: where nothing was published nobody is waited for") {
  ReloadQueue queue = running_queue(7, 0);
  const auto finished = queue.look(Words{{1, 0, false}}, kNow);
  REQUIRE(finished.has_value());
  CHECK(finished->report.problems.empty());
}

TEST_CASE("reload_queue: those who ask meanwhile share one more run") {
  ReloadQueue queue = running_queue(1, 3);
  CHECK_FALSE(queue.ask(2));
  CHECK_FALSE(queue.ask(std::nullopt));
  CHECK_FALSE(queue.ask(3));
  auto finished = queue.look(Words{{1, 3, false}}, kNow);
  REQUIRE(finished.has_value());
  CHECK(finished->clients == std::vector<ReloadQueue::ClientId>{1});
  CHECK(finished->is_wanted_again);
  queue.begin();
  queue.published({}, 4, kNow);
  finished = queue.look(Words{{1, 4, false}}, kNow);
  REQUIRE(finished.has_value());
  CHECK(finished->clients == std::vector<ReloadQueue::ClientId>{2, 3});
  CHECK_FALSE(finished->is_wanted_again);
  CHECK(queue.ask(4));
}

TEST_CASE("reload_queue: nothing ends before it was published") {
  ReloadQueue queue;
  CHECK_FALSE(queue.look(Words{{1, 9, false}}, kNow).has_value());
  REQUIRE(queue.ask(1));
  queue.begin();
  CHECK_FALSE(queue.look(Words{{1, 9, false}}, kNow).has_value());
}
