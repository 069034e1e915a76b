#include "tools/sim/options.h"

#include <cmath>
#include <string>

#include <doctest/doctest.h>

using namespace loka::sim;
using loka::Duration;

TEST_CASE("options: host and port are read with and without brackets") {
  const auto plain = parse_host_port("127.0.0.1:3334", false);
  REQUIRE(plain.has_value());
  CHECK(plain->host == "127.0.0.1");
  CHECK(plain->port == 3334);
  const auto v6 = parse_host_port("[::1]:65535", false);
  REQUIRE(v6.has_value());
  CHECK(v6->host == "::1");
  CHECK(v6->port == 65535);
  CHECK(parse_host_port("localhost:0", true).has_value());
}

TEST_CASE("options: what is no host and port is refused") {
  for (const char* bad : {"", ":", "host", "host:", ":3333", "host:0", "host:65536", "host:12x",
                          "host: 12", "::1:3333", "[]:1", "[::1:3333", "host:-1"})
    CHECK_FALSE(parse_host_port(bad, false).has_value());
}

TEST_CASE("options: a version mask is hex or none") {
  CHECK(parse_version_mask("1fffe000") == 0x1fffe000U);
  CHECK(parse_version_mask("none") == 0U);
  CHECK_FALSE(parse_version_mask("all").has_value());
  CHECK_FALSE(parse_version_mask("").has_value());
  CHECK_FALSE(parse_version_mask("123456789").has_value());
}

TEST_CASE("options: the defaults go together, and each wrong value is named") {
  CHECK_FALSE(problem_of(PoolOptions{}).has_value());
  CHECK_FALSE(problem_of(FarmOptions{}).has_value());

  const auto pool_problem = [](auto change) {
    PoolOptions options;
    change(options);
    return problem_of(options).value_or("none");
  };
  CHECK(pool_problem([](auto& o) { o.difficulty = 0; }).starts_with("--difficulty"));
  CHECK(pool_problem([](auto& o) { o.difficulty = std::nan(""); }).starts_with("--difficulty"));
  CHECK(pool_problem([](auto& o) {
          o.answer_delay = Duration::hours(100'000);
        }).starts_with("--answer-delay"));
  CHECK(pool_problem([](auto& o) { o.job_interval = {}; }).starts_with("--job-interval"));
  CHECK(pool_problem([](auto& o) { o.extranonce1_bytes = 17; }).starts_with("--extranonce1"));
  CHECK(pool_problem([](auto& o) { o.extranonce2_size = 0; }).starts_with("--extranonce2"));
  CHECK(pool_problem([](auto& o) { o.reject_rate = 1.1; }).starts_with("--reject-rate"));
  CHECK(pool_problem([](auto& o) { o.shards = 0; }).starts_with("--shards"));

  const auto farm_problem = [](auto change) {
    FarmOptions options;
    change(options);
    return problem_of(options).value_or("none");
  };
  CHECK(farm_problem([](auto& o) { o.miners = 0; }).starts_with("--miners"));
  CHECK(farm_problem([](auto& o) { o.rate = std::nan(""); }).starts_with("--rate"));
  CHECK(farm_problem([](auto& o) { o.ramp = HUGE_VAL; }).starts_with("--ramp"));
  CHECK(farm_problem([](auto& o) {
          o.duration = Duration::hours(100'000);
        }).starts_with("--duration"));
  CHECK(farm_problem([](auto& o) { o.rate = -1; }).starts_with("--rate"));
  CHECK(farm_problem([](auto& o) { o.rate = 1, o.is_closed_loop = true; }).starts_with("--rate"));
  CHECK(farm_problem([](auto& o) { o.rate = 1, o.is_idle = true; }).starts_with("--idle"));
  CHECK(farm_problem([](auto& o) { o.ramp = 0; }).starts_with("--ramp"));
  CHECK(farm_problem([](auto& o) { o.fin_fraction = o.rst_fraction = 0.6; }).starts_with("--fin"));
  CHECK(farm_problem([](auto& o) { o.user = ""; }).starts_with("--user"));
  CHECK(farm_problem([](auto& o) { o.user = std::string(127, 'u'); }).starts_with("--user"));
  CHECK(farm_problem([](auto& o) { o.shards = 2; }).starts_with("--shards"));
}
