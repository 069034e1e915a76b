#include "common/config/problem.h"

#include <doctest/doctest.h>

#include "common/config/origins.h"

using namespace loka::config;

TEST_CASE("Problem: text is file, line, column, key, what and mend") {
  CHECK(Problem{"/etc/loka/loka.yaml", 12, 3, "pool.port", "is wrong", "mend it", false}.text() ==
        "/etc/loka/loka.yaml:12:3: pool.port: is wrong; mend it");
  CHECK(Problem{"environment LOKA_X", 0, 0, "", "unknown name, ignored", "", true}.text() ==
        "environment LOKA_X: warning: unknown name, ignored");
  CHECK(Problem{"", 0, 0, "pools", "no pool", "write one", false}.text() ==
        "pools: no pool; write one");
}

TEST_CASE("Problem: text stays one line whatever was in the file") {
  CHECK(Problem{"f", 1, 1, "a\nb\x1b[31m", "w", "", false}.text() == "f:1:1: a?b?[31m: w");
}

TEST_CASE("add_problem: sums up when there are too many") {
  Problems problems;
  for (size_t i = 0; i < 10 * kProblemsMax; ++i) {
    add_problem(problems, {"f", 1, 1, "k", "warned", "", true});
  }
  CHECK(problems.size() == kProblemsMax + 1);
  CHECK(problems.back().text().find("more problems") != std::string::npos);
  CHECK(has_errors(problems));
  problems.pop_back();
  CHECK_FALSE(has_errors(problems));
}

TEST_CASE("Origins: a key without its own has that of the key above") {
  Origins origins;
  origins.set("pools", {"f.yaml", 3, 1});
  origins.set("pools.1.url", {"f.yaml", 5, 10});
  CHECK(origins.of("pools.1.url").text() == "f.yaml:5");
  CHECK(origins.of("pools.1.name").text() == "f.yaml:3");
  CHECK(origins.of("server.listen").text() == "default");
}

TEST_CASE("Origins: forgetting a key forgets what is below it and nothing beside it") {
  Origins origins;
  for (const char* key : {"pool", "pools", "pools-x", "pools.1.url", "pools.2", "poolsy"}) {
    origins.set(key, {"f", 1, 1});
  }
  origins.forget("pools");
  CHECK(origins.of("pools.1.url").text() == "default");
  CHECK(origins.of("pools").text() == "default");
  CHECK(origins.of("pool").text() == "f:1");
  CHECK(origins.of("pools-x").text() == "f:1");
  CHECK(origins.of("poolsy").text() == "f:1");
}
