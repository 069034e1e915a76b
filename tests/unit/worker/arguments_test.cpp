#include "worker/arguments.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace loka;
using namespace loka::worker;

namespace {

const std::vector<const char*> kComplete{"--slot",      "3",   "--segment",     "4",
                                         "--listeners", "5,6", "--log",         "7",
                                         "--channel",   "8",   "--runtime-dir", "/run/x"};

std::vector<const char*> with(std::vector<const char*> more) {
  auto arguments = kComplete;
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

// The complete ones with the value of one option exchanged.
std::vector<const char*> exchanged(const std::string& option, const char* value) {
  auto arguments = kComplete;
  for (size_t i = 0; i < arguments.size(); i += 2) {
    if (option == arguments[i]) arguments[i + 1] = value;
  }
  return arguments;
}

}  // namespace

TEST_CASE("parse_arguments: a keeper's orders") {
  const auto parsed = parse_arguments(kComplete).value();
  CHECK_FALSE(parsed.tests_pools);
  CHECK(parsed.orders.slot == 3);
  CHECK(parsed.orders.segment == 4);
  REQUIRE(parsed.orders.listener_fds().size() == 2);
  CHECK(parsed.orders.listener_fds()[0] == 5);
  CHECK(parsed.orders.listener_fds()[1] == 6);
  CHECK(parsed.orders.log == 7);
  CHECK(parsed.orders.channel == 8);
  CHECK(parsed.orders.runtime_dir == "/run/x");
  CHECK(parsed.orders.shard == -1);
  CHECK(parsed.orders.lock == -1);
}

TEST_CASE("parse_arguments: a renewed keeper also has shard and lock, both or neither") {
  const auto parsed = parse_arguments(with({"--shard", "9", "--lock", "10"})).value();
  CHECK(parsed.orders.shard == 9);
  CHECK(parsed.orders.lock == 10);
  CHECK_FALSE(parse_arguments(with({"--shard", "9"})).has_value());
  CHECK_FALSE(parse_arguments(with({"--lock", "9"})).has_value());
}

TEST_CASE("parse_arguments: a trial of the pools and the version stand alone") {
  CHECK(parse_arguments(std::vector<const char*>{"--test-pool-connection"}).value().tests_pools);
  CHECK(parse_arguments(std::vector<const char*>{"--version"}).value().shows_version);
  CHECK_FALSE(parse_arguments(with({"--test-pool-connection"})).has_value());
}

TEST_CASE("parse_arguments: nothing at all is answered with who should start it") {
  const auto refused = parse_arguments({});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().find("started by loka-stratum") != std::string::npos);
}

TEST_CASE("parse_arguments: what is missing, wrong or too much is refused") {
  for (size_t i = 0; i < kComplete.size(); i += 2) {
    auto arguments = kComplete;
    arguments.erase(arguments.begin() + static_cast<long>(i),
                    arguments.begin() + static_cast<long>(i) + 2);
    CAPTURE(kComplete[i]);
    CHECK_FALSE(parse_arguments(arguments).has_value());
  }
  CHECK_FALSE(parse_arguments(with({"--unknown", "1"})).has_value());
  CHECK_FALSE(parse_arguments(with({"--shard"})).has_value());
  CHECK_FALSE(parse_arguments(exchanged("--slot", "0")).has_value());
  CHECK_FALSE(parse_arguments(exchanged("--slot", "-1")).has_value());
  CHECK_FALSE(parse_arguments(exchanged("--slot", "4294967296")).has_value());
  CHECK_FALSE(parse_arguments(exchanged("--log", "")).has_value());
  CHECK_FALSE(parse_arguments(exchanged("--log", "7x")).has_value());
  CHECK_FALSE(parse_arguments(exchanged("--log", "-7")).has_value());
  CHECK_FALSE(parse_arguments(exchanged("--listeners", "")).has_value());
  CHECK_FALSE(parse_arguments(exchanged("--listeners", "5,")).has_value());
  CHECK_FALSE(parse_arguments(exchanged("--listeners", "5,,6")).has_value());
  CHECK_FALSE(parse_arguments(exchanged("--runtime-dir", "")).has_value());
}

TEST_CASE("parse_arguments: sixteen listeners, and not one more") {
  const char* sixteen = "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16";
  CHECK(parse_arguments(exchanged("--listeners", sixteen)).value().orders.listener_count == 16);
  CHECK_FALSE(parse_arguments(exchanged("--listeners", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17"))
                  .has_value());
}
