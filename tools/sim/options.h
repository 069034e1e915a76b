// What the two commands can be told, as plain values, and how the spellings of the command line are
// read. Defaults here are the ones that --help shows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/time.h"

namespace loka::sim {

struct HostPort {
  std::string host;  // without brackets
  uint16_t port = 0;
};

// "host:port" or "[ipv6]:port"; port 0 (any free one) only where the caller allows it.
[[nodiscard]] std::optional<HostPort> parse_host_port(std::string_view text, bool may_be_zero);
// Up to eight hex digits, or "none", which is 0: no version rolling.
[[nodiscard]] std::optional<uint32_t> parse_version_mask(std::string_view text);

// At difficulty 1 a share costs 2^32 hashes; here about 43, which is 5 µs. 2,000 real shares a
// second then leave two cores to the system under test.
inline constexpr double kDefaultDifficulty = 1e-8;

struct PoolOptions {
  HostPort listen{"127.0.0.1", 3334};
  double difficulty = kDefaultDifficulty;
  Duration job_interval = Duration::seconds(30);
  size_t extranonce1_bytes = 4;
  size_t extranonce2_size = 8;
  uint32_t version_mask = 0x1fffe000;  // 0: rolling is refused
  Duration answer_delay;               // of answers to submits
  double reject_rate = 0;              // part of the valid shares that is refused all the same
  std::string ledger;                  // a file that gets a line per judged share; empty: none
  Duration stats_interval;             // 0: silent until the end
  bool is_json = false;
  bool cleans_every_job = false;  // every job begins a new block
  std::string user;               // the only account that is authorised; empty: everybody
  size_t shards = 1;
  uint64_t seed = 0;
};

struct FarmOptions {
  HostPort connect;
  size_t miners = 1;
  double rate = 0;  // submits per second of all miners together
  bool is_closed_loop = false;
  std::string user = "farm";
  std::string password = "x";
  double ramp = 1000;                         // connects per second of all miners together
  Duration duration = Duration::seconds(60);  // 0: until a signal
  std::string agent = "loka-sim/" LOKA_VERSION;
  bool rolls_version = true;
  bool subscribes_extranonce = false;
  bool is_pipelined = false;
  bool is_idle = false;
  bool reconnects = true;
  double fin_fraction = 0;
  double rst_fraction = 0;
  uint64_t seed = 0;
  size_t shards = 1;
  bool is_json = false;
  bool shows_progress = false;
};

// Twelve shares a minute and miner, as pools aim at, where neither a rate nor a loop was asked for.
inline constexpr double kDefaultRatePerMiner = 0.2;

// nullopt if the values go together, else one sentence that says what to change.
[[nodiscard]] std::optional<std::string> problem_of(const PoolOptions& options);
[[nodiscard]] std::optional<std::string> problem_of(const FarmOptions& options);

}  // namespace loka::sim
