#include "common/stratum/login.h"

#include <array>
#include <vector>

#include <doctest/doctest.h>

using loka::stratum::compose_login;
using loka::stratum::split_login;

namespace {

const std::vector<std::string> kSeparators = {".", "_"};

std::string split(std::string_view login) {
  const auto parts = split_login(login, kSeparators);
  return std::string(parts.account) + " | " + std::string(parts.worker_name);
}

std::string composed(std::string_view username, std::string_view login,
                     const std::vector<std::string>& separators = kSeparators) {
  std::array<char, 64> buffer{};
  return std::string(compose_login(username, separators, login, buffer));
}

}  // namespace

TEST_CASE("login: the first separator in the list that occurs divides at its first place") {
  CHECK(split("anything.rig7") == "anything | rig7");
  CHECK(split("a.b.c") == "a | b.c");
  CHECK(split("a_b") == "a | b");
  CHECK(split("a_b.c_d") == "a_b | c_d");
  CHECK(split("rig7") == " | rig7");
  CHECK(split(".rig7") == " | rig7");
  CHECK(split("account.") == "account | ");
  CHECK(split("") == " | ");
}

TEST_CASE("login: the operator's account takes the place of the miner's") {
  CHECK(composed("farm", "anything.rig7") == "farm.rig7");
  CHECK(composed("farm", "rig7") == "farm.rig7");
  CHECK(composed("farm", "a_rig7") == "farm.rig7");
  CHECK(composed("farm", "a.b.c") == "farm.b.c");
  CHECK(composed("bc1qfarm.east", "x.rig7") == "bc1qfarm.east.rig7");
}

TEST_CASE("login: no worker name leaves the account, no username leaves the miner's login") {
  CHECK(composed("farm", "") == "farm");
  CHECK(composed("farm", "anything.") == "farm");
  CHECK(composed("", "anything.rig7") == "anything.rig7");
  CHECK(composed("", "") == "");
}

TEST_CASE("login: the first separator joins, whatever divided") {
  CHECK(composed("farm", "a.rig7", {"_", "."}) == "farm_rig7");
  CHECK(composed("farm", "a.rig7", {}) == "farm.a.rig7");
  CHECK(split_login("a.b", std::vector<std::string>{"", "."}).worker_name == "b");
}

TEST_CASE("login: what does not fit is empty") {
  std::array<char, 9> exact{};
  CHECK(compose_login("farm", kSeparators, "rig7", exact) == "farm.rig7");
  std::array<char, 8> small{};
  CHECK(compose_login("farm", kSeparators, "rig7", small).empty());
}
