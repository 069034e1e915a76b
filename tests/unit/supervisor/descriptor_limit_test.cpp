#include "supervisor/descriptor_limit.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include "common/config/config.h"
#include "supervisor/effective.h"

using namespace loka;
using namespace loka::supervisor;

TEST_CASE("descriptor_limit: each miner costs two, in the worker that has it") {
  CHECK(descriptors_needed(1000, 1) == 2064);
  CHECK(descriptors_needed(1000, 2) == 1064);
  CHECK(descriptors_needed(1001, 2) == 1066);
  CHECK(descriptors_needed(1'000'000, 1) == 2'000'064);
}

TEST_CASE("descriptor_limit: what is carried needs no more than the limit") {
  CHECK(connections_carried(1024, 2, 20'000) == 960);
  CHECK(connections_carried(20'000, 2, 20'000) == 19'936);
  for (const uint64_t limit : {66U, 67U, 1024U, 65'536U}) {
    const uint32_t carried = connections_carried(limit, 4, 1'000'000);
    CHECK(descriptors_needed(carried, 4) <= limit);
    CHECK(descriptors_needed(carried + 4, 4) > limit);
  }
}

TEST_CASE("descriptor_limit: a huge limit is cut to what a slot's memory holds") {
  CHECK(connections_carried(1'000'000'000, 2, 20'000) == 40'000);
  CHECK(connections_carried(UINT64_MAX, 64, UINT32_MAX) == UINT32_MAX);
}

TEST_CASE("descriptor_limit: a limit below the reserve still lets one try") {
  CHECK(connections_carried(10, 2, 20'000) == 1);
}

TEST_CASE("descriptor_limit: the warning says the exact figure, and only if it is needed") {
  CHECK_FALSE(descriptor_warning(1064, 1000, 2).has_value());
  const auto warning = descriptor_warning(1063, 1000, 2);
  REQUIRE(warning.has_value());
  CHECK(warning->find("LimitNOFILE=1064") != std::string::npos);
}

TEST_CASE("descriptor_limit: the soft limit is raised to the hard one") {
  rlimit limit{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = limit.rlim_max / 2;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  const auto raised = raise_descriptor_limit();
  REQUIRE(raised.has_value());
  CHECK(*raised == limit.rlim_max);
  REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  CHECK(limit.rlim_cur == limit.rlim_max);
}

TEST_CASE("effective: auto becomes numbers, and what was given stays") {
  config::Config config;
  config.limiter.connections = 0;
  const auto resolved = effective_config(config, 2, 1024);
  CHECK(resolved.server.workers == 2);
  CHECK(resolved.limiter.connections == 960);
  config.limiter.connections = 5000;
  CHECK(effective_config(config, 2, 1024).limiter.connections == 5000);
  config.server.workers = 3;
  CHECK(workers_of(config) == 3);
  config.server.workers = 1000;
  CHECK(workers_of(config) == config::kWorkersMax);
}
