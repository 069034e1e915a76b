// --test-pool-connection: whether each configured pool can be mined at, step by step, with the time
// that each step took.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "common/base/time.h"
#include "common/config/config.h"

namespace loka::worker {

struct TrialPatience {
  Duration step = Duration::seconds(5);
  Duration job = Duration::seconds(10);
};

// One pool on trial. Times are of the step alone; a step without a time was not reached.
struct PoolTrial {
  std::string name;
  std::string url;
  std::optional<Duration> resolve;
  std::optional<Duration> connect;
  std::optional<Duration> subscribe;
  std::optional<Duration> authorize;
  std::optional<Duration> job;
  size_t extranonce1_bytes = 0;
  int extranonce2_bytes = 0;
  std::string failure;  // "connect: 10.0.0.1:3333: Connection refused"; empty: a miner could mine
  std::string note;     // what is worth knowing all the same
};

// Blocks for at most three steps and a job, and as long as the resolver does. A pool without a
// username is authorised at as loka.test, and its refusal is only a note: miners bring their own.
[[nodiscard]] PoolTrial try_pool(const config::Pool& pool, const TrialPatience& patience = {});

// A table for people, one line for each pool and below it failures and notes. What pools said is
// made safe to show.
[[nodiscard]] std::string render(std::span<const PoolTrial> trials);

// Reads a canonical configuration from the descriptor, tries its pools and prints the table to
// standard output. Returns 0, 69 if a pool failed, 78 if there is no configuration to read.
int test_pools(int input);

}  // namespace loka::worker
