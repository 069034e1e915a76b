// The one table of counters: names and help. `lokactl status --json` shows their sums.
// A counter is a relaxed load and store in the lines of the slot that owns it: one writer, no lock.
// Share states are not here but in ShareBlock, because they move together.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace loka::shm {

// X(identifier, name, help)
#define LOKA_COUNTERS(X)                                                                           \
  X(kConnectionsAccepted, "connections_accepted_total", "Miner connections accepted.")             \
  X(kConnectionsRefused, "connections_refused_total", "Miner connections closed at the limit.")    \
  X(kConnectionsClosed, "connections_closed_total", "Miner connections closed, for any reason.")   \
  X(kAcceptErrors, "accept_errors_total", "accept() failed for want of descriptors or memory.")    \
  X(kSessionsLeft, "sessions_left_total", "Miners that closed their connection.")                  \
  X(kSessionsEnded, "sessions_ended_total", "Sessions closed after their last answer was said.")   \
  X(kSessionsHandshakeTimeout, "sessions_handshake_timeout_total",                                 \
    "Miners closed for not subscribing or authorizing in time.")                                   \
  X(kSessionsBadLines, "sessions_bad_lines_total", "Miners closed for their third bad line.")      \
  X(kSessionsLineTooLong, "sessions_line_too_long_total", "Miners closed for a line above 8 KiB.") \
  X(kSessionsForeign, "sessions_foreign_total",                                                    \
    "Connections closed because they speak another protocol: HTTP, TLS, SSH.")                     \
  X(kSessionsStuck, "sessions_stuck_total", "Miners closed for taking nothing for 30 s.")          \
  X(kSessionsNoPool, "sessions_no_pool_total", "Miners closed after 30 s without any pool.")       \
  X(kSessionsMoved, "sessions_moved_total",                                                        \
    "Miners closed because a new pool connection has another extranonce1 and they do not know "    \
    "set_extranonce.")                                                                             \
  X(kSessionsPoison, "sessions_poison_total", "Sessions closed because two engines died of them.") \
  X(kSessionsBroken, "sessions_broken_total",                                                      \
    "Records that did not pass their checks at recovery.")                                         \
  X(kSessionsDropped, "sessions_dropped_total",                                                    \
    "Sessions closed because the slot had no engine for too long or its shard was wiped.")         \
  X(kMinerLines, "miner_lines_total", "Lines read from miners.")                                   \
  X(kMinerLinesBad, "miner_lines_bad_total", "Lines from miners that are not a message.")          \
  X(kMinerRequestsRefused, "miner_requests_refused_total",                                         \
    "Requests of miners answered with an error here.")                                             \
  X(kPoolLines, "pool_lines_total", "Lines read from pools.")                                      \
  X(kPoolLinesBad, "pool_lines_bad_total", "Lines from pools that were dropped as malformed.")     \
  X(kPoolUnknownIds, "pool_unknown_ids_total", "Answers from pools to no open request.")           \
  X(kPoolConnects, "pool_connects_total", "Pool connections begun.")                               \
  X(kPoolConnectFailures, "pool_connect_failures_total", "Pool connections that failed to open.")  \
  X(kPoolStepTimeouts, "pool_step_timeouts_total", "Pools that did not answer a step in 5 s.")     \
  X(kPoolRefusals, "pool_refusals_total", "Subscribe or authorize refused by a pool.")             \
  X(kPoolLost, "pool_lost_total", "Pool connections lost while a miner was mining.")               \
  X(kPoolLineTooLong, "pool_line_too_long_total",                                                  \
    "Pool connections closed for a line above 64 KiB.")                                            \
  X(kPoolReconnectsRefused, "pool_reconnects_refused_total",                                       \
    "client.reconnect to a foreign host.")                                                         \
  X(kJobs, "jobs_total", "mining.notify received from pools.")                                     \
  X(kPagesExhausted, "pages_exhausted_total",                                                      \
    "Connections closed because no buffer page was left.")                                         \
  X(kRequestsExhausted, "requests_exhausted_total",                                                \
    "Times a miner was not read because its open requests were at the limit.")                     \
  X(kQueueFull, "queue_full_total",                                                                \
    "Times one side was not read because the other side's queue was full.")                        \
  X(kEngineStarts, "engine_starts_total", "Engines cloned in this slot.")                          \
  X(kSessionsRecovered, "sessions_recovered_total", "Sessions taken over from a dead engine.")     \
  X(kAcceptsAdopted, "accepts_adopted_total",                                                      \
    "Accepted sockets that a dead engine had not yet written down.")                               \
  X(kJournalsApplied, "journals_applied_total", "Sealed commits finished by the next engine.")     \
  X(kRecoveryNs, "recovery_nanoseconds_total",                                                     \
    "Time from an engine's start to its first turn of the loop.")                                  \
  X(kReloads, "reloads_total", "Configurations taken over.")

enum class Counter : uint16_t {
#define LOKA_COUNTER_ID(id, name, help) id,
  LOKA_COUNTERS(LOKA_COUNTER_ID)
#undef LOKA_COUNTER_ID
      kCount
};

inline constexpr size_t kCounterCount = static_cast<size_t>(Counter::kCount);

struct CounterInfo {
  std::string_view name;  // without the prefix "loka_"
  std::string_view help;
};

inline constexpr std::array<CounterInfo, kCounterCount> kCounterInfo{{
#define LOKA_COUNTER_INFO(id, name, help) {name, help},
    LOKA_COUNTERS(LOKA_COUNTER_INFO)
#undef LOKA_COUNTER_INFO
}};

// A slot's counters. Only the slot's engine writes.
class Counters {
 public:
  void add(Counter counter, uint64_t n = 1) {
    auto& cell = cells_[static_cast<size_t>(counter)];
    cell.store(cell.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  [[nodiscard]] uint64_t get(Counter counter) const {
    return cells_[static_cast<size_t>(counter)].load(std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<uint64_t>, kCounterCount> cells_{};
};

}  // namespace loka::shm
