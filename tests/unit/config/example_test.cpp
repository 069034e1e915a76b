// etc/loka.yaml is what an administrator begins with: it must load, show every key, and show it at
// its default.
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

#include "common/config/keys.h"
#include "tests/unit/config/fixture.h"

using namespace loka::config;

namespace {

std::string example() {
  std::ostringstream text;
  text << std::ifstream(LOKA_EXAMPLE).rdbuf();
  return text.str();
}

// The example with its pool switched on: the remark sign is taken off where YAML follows it.
std::string with_its_pool() {
  std::istringstream in(example());
  std::string out;
  bool is_pool = false;
  for (std::string line; std::getline(in, line);) {
    if (line == "pools: []") {
      is_pool = true;
      line = "pools:";
    } else if (is_pool && line.starts_with("#")) {
      line = line.substr(1);
    }
    out += line + '\n';
  }
  return out;
}

}  // namespace

TEST_CASE("etc/loka.yaml: loads without problems once a pool is set") {
  Sources sources;
  sources.file = LOKA_EXAMPLE;
  sources.environment = {{"LOKA_POOL_URL", "stratum+tcp://pool.example.com:3333"}};
  const auto result = load(sources);
  CHECK(texts(result.problems) == Lines{});
  Config defaults;
  defaults.pools = {pool_at("pool1", "pool.example.com", 3333)};
  CHECK(result.config == defaults);
}

TEST_CASE("etc/loka.yaml: says what is missing while no pool is set") {
  CHECK(problems_of(example()).size() == 1);
}

TEST_CASE("etc/loka.yaml: its pool in remarks is at the defaults too") {
  const auto result = load_text(with_its_pool(), "f");
  CHECK(texts(result.problems) == Lines{});
  Config defaults;
  defaults.pools = {pool_at("primary", "pool.example.com", 3333)};
  CHECK(result.config == defaults);
}

TEST_CASE("etc/loka.yaml: names every key") {
  const std::string text = with_its_pool();
  for (const Key& key : all_keys()) {
    const auto section = text.find('\n' + std::string(key.section) + ':');
    REQUIRE(section != std::string::npos);
    for (const std::string& name : section_names(key.section)) {
      CAPTURE(name);
      CHECK(text.find(' ' + name + ": ", section) != std::string::npos);
    }
  }
}
