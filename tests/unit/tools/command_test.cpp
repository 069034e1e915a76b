#include "tools/lokactl/command.h"

#include <doctest/doctest.h>

#include "common/control/documents.h"

using namespace loka;
using namespace loka::lokactl;
using control::Verb;

namespace {

// A service that gives one answer, and what lokactl printed of it.
struct Run {
  std::string out;
  std::string err;
  int code = -1;

  Run(control::Request request, Result<std::string, AskFailure> answer, Look look = {}) {
    code = run_once(request, look,
                    {[&](const control::Request& asked) {
                       CHECK(asked == request);
                       return answer;
                     },
                     [&](const std::string& text) { out += text; },
                     [&](const std::string& text) { err += text; }});
  }
};

std::string status_of(const std::string& state) {
  control::Status status;
  status.state = state;
  return control::to_json(status);
}

}  // namespace

TEST_CASE("lokactl: the exit code of status is 1 if the service is degraded") {
  CHECK(Run({Verb::kStatus, {}}, status_of("healthy")).code == kExitFine);
  CHECK(Run({Verb::kStatus, {}}, status_of("starting")).code == kExitFine);
  CHECK(Run({Verb::kStatus, {}}, status_of("degraded")).code == kExitRefused);
  CHECK(Run({Verb::kStatus, {}}, status_of("degraded"), {true, false}).code == kExitRefused);
}

TEST_CASE("lokactl: --json prints the one document as it came") {
  const Run run({Verb::kStatus, {}}, R"({"schema":1,"state":"healthy","new":[1.50]})",
                {true, false});
  CHECK(run.out == "{\"schema\":1,\"state\":\"healthy\",\"new\":[1.50]}\n");
  CHECK(run.err.empty());
}

TEST_CASE("lokactl: a refusal goes to standard error, with exit code 1") {
  const Run run({Verb::kMiner, "x"},
                Error(AskFailure{AskError::kRefused, "no miner is called 'x\x1b[2J'"}));
  CHECK(run.code == kExitRefused);
  CHECK(run.out.empty());
  CHECK(run.err == "lokactl: no miner is called 'x?[2J'\n");
}

TEST_CASE("lokactl: exit codes of the other failures") {
  CHECK(Run({Verb::kStatus, {}}, Error(AskFailure{AskError::kNotRunning, "gone"})).code ==
        kExitNotRunning);
  CHECK(Run({Verb::kStatus, {}}, Error(AskFailure{AskError::kUsage, "path"})).code == kExitUsage);
  const Run other({Verb::kStatus, {}}, std::string(R"({"schema":2})"));
  CHECK(other.code == kExitNotRunning);
  CHECK(other.err.find("another schema") != std::string::npos);
}

TEST_CASE("lokactl: a reload that was refused in part or in whole ends with 1") {
  const auto code = [](control::ReloadReport report) {
    return Run({Verb::kReload, {}}, control::to_json(report)).code;
  };
  CHECK(code({true, 2, {"a"}, {}, {"f: warning: w"}}) == kExitFine);
  CHECK(code({true, 2, {"a"}, {"b"}, {}}) == kExitRefused);
  CHECK(code({false, 1, {}, {}, {"f: p"}}) == kExitRefused);
}

TEST_CASE("lokactl: version prints its own before it asks") {
  const Run run({Verb::kVersion, {}}, Error(AskFailure{AskError::kNotRunning, "gone"}));
  CHECK(run.out == std::string("lokactl ") + LOKA_VERSION + "\n");
  CHECK(run.code == kExitNotRunning);
  CHECK(Run({Verb::kVersion, {}}, control::to_json(control::Version{"9.9"})).out ==
        std::string("lokactl ") + LOKA_VERSION + "\nservice 9.9\n");
}

TEST_CASE("lokactl: every verb shows its document") {
  using namespace control;
  CHECK(Run({Verb::kWorkers, {}}, to_json(Workers{})).out.starts_with("WORKER"));
  CHECK(Run({Verb::kMiners, {}}, to_json(Miners{})).out == "No miner is connected.\n");
  CHECK(Run({Verb::kMiner, "a"}, to_json(Miners{{MinerEntry{}}, 0})).out.find("address") !=
        std::string::npos);
  CHECK(Run({Verb::kPools, {}}, to_json(Pools{})).out.starts_with("POOL"));
  CHECK(Run({Verb::kConfig, {}}, to_json(ConfigText{"x", 1})).out == "# generation 1\nx");
  CHECK(Run({Verb::kStop, {}}, to_json(Done{"stopping"})).out == "stopping\n");
  CHECK(Run({Verb::kReopenLogs, {}}, to_json(Done{"reopened"})).out == "reopened\n");
}

TEST_CASE("is_watchable: only what changes nothing") {
  CHECK(is_watchable(Verb::kStatus));
  CHECK(is_watchable(Verb::kMiner));
  CHECK_FALSE(is_watchable(Verb::kReload));
  CHECK_FALSE(is_watchable(Verb::kStop));
  CHECK_FALSE(is_watchable(Verb::kReopenLogs));
}

TEST_CASE("redrawn: draws over the last round and clears what it leaves") {
  CHECK(redrawn("a\nb\n") == "\x1b[Ha\x1b[K\nb\x1b[K\n\x1b[J");
}
