// What the pure logic is handed for one line: the configuration, the instant, the parsers and a
// place to build an answer. It owns nothing and reaches no socket, so a test or a simulation makes
// its own.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "common/base/time.h"
#include "common/config/config.h"
#include "common/stratum/limits.h"
#include "common/stratum/parse.h"
#include "shm/counters.h"
#include "shm/layout.h"

namespace loka::worker {

// Time limits of a session and of its pool connection, as docs/stratum.md lists them.
inline constexpr Duration kSubscribeTimeout = Duration::seconds(15);
inline constexpr Duration kAuthorizeTimeout = Duration::seconds(30);
inline constexpr Duration kPoolWaitMax =
    Duration::seconds(30);  // then the miner's own back-ups take over
inline constexpr Duration kPoolStepTimeout = Duration::seconds(5);
inline constexpr Duration kAnswerTimeout = Duration::seconds(30);
inline constexpr Duration kPoolSilenceMax = Duration::seconds(120);  // jobs come every 30–60 s
inline constexpr Duration kDrainMax = Duration::seconds(5);
inline constexpr Duration kStallMax = Duration::seconds(30);  // a peer that takes no byte
// A pool that lost a connection within this time of serving it is not asked first again.
inline constexpr Duration kPoolSteadyAfter = Duration::seconds(10);
// A pool that failed this recently is asked after the others.
inline constexpr Duration kPoolSuspectFor = Duration::seconds(30);
inline constexpr Duration kMoveJitterMax = Duration::milliseconds(500);
inline constexpr Duration kReconnectJitterMax = Duration::seconds(5);  // after client.reconnect

// Bytes that may wait for one peer: two of the other side's longest lines.
inline constexpr uint64_t kMinerQueueBytesMax = 2 * stratum::kPoolLineBytesMax;
inline constexpr uint64_t kPoolQueueBytesMax = 2 * stratum::kMinerLineBytesMax;
inline constexpr uint64_t kHeldBytesMax = kMinerQueueBytesMax / 2;  // it joins that queue

inline constexpr uint32_t kOpenRequestsMax = 64;  // at a pool, per connection; then we stop reading
inline constexpr uint32_t kExpiredKeptMax = 32;   // beside them, for late verdicts; the oldest go
inline constexpr uint16_t kLoginsPerSessionMax = 16;

struct Turn {
  const config::Config& config;
  Instant now;
  shm::Counters& counters;
  std::array<shm::PoolLine, shm::kPoolsMax>& pools;  // by position in config.pools
  stratum::Parser& miner_parser;
  stratum::Parser& pool_parser;
  std::span<char> line;  // to build lines in; kPoolLineBytesMax and some more
  uint64_t random = 0;   // fresh for every turn; for jitter only
};

}  // namespace loka::worker
