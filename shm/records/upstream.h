// One connection to a pool. In passthrough mode it belongs to one session; after its miner has gone
// it may live on for some seconds, so that late verdicts are counted.
#pragma once

#include <cstdint>
#include <type_traits>

#include "common/base/fixed_string.h"
#include "shm/records/paged_bytes.h"
#include "shm/records/socket_name.h"

namespace loka::shm {

enum class UpstreamState : uint8_t {
  kWanted,      // to be opened when `not_before_ns` has come
  kConnecting,  // connect() is under way
  kReplaying,   // a new connection for a known miner repeats its handshake
  kOpen,        // lines go both ways
  kDraining,    // its miner has gone; waits for late verdicts
  kClosing,     // the record is done; its socket follows
};

// What a replay asks next; each is left when the pool has answered it.
enum class Replay : uint8_t { kNone, kConfigure, kSubscribe, kAuthorize };

inline constexpr uint16_t kNoPool = 0xffff;

struct Upstream {
  uint32_t in_use = 0;
  uint32_t generation = 0;
  SocketName socket;
  UpstreamState state = UpstreamState::kWanted;
  Replay replay = Replay::kNone;
  uint8_t bad_lines = 0;
  bool has_served = false;  // authorised at least once
  uint8_t extranonce2_size = 0;
  bool has_rolling = false;
  uint16_t pool = 0;                 // position in the configuration; kNoPool: it has left it
  uint64_t pool_identity = 0;        // finds the position again when the configuration changes
  uint32_t session = kNobody;        // kNobody when draining
  uint32_t replay_login = kNobody;   // for Replay::kAuthorize
  uint32_t next_id = 1;              // of our next request; small, positive, increasing
  uint32_t first_request = kNobody;  // open requests in order of sending
  uint32_t last_request = kNobody;
  uint32_t open_requests = 0;     // in the list, expired ones included
  uint32_t expired_requests = 0;  // of them: answered here, kept for a late verdict
  uint32_t version_mask = 0;

  int64_t not_before_ns = 0;
  int64_t opened_ns = 0;
  int64_t last_line_ns = 0;
  int64_t stalled_ns = 0;
  int64_t step_ns = 0;  // since when a step of the handshake waits for its answer; 0: none
  int64_t drain_ns = 0;
  int64_t deadline_ns = 0;

  PagedBytes in;
  PagedBytes out;
  PagedBytes held;  // lines for the miner that came before its subscribe result

  FixedString<32> extranonce1;
  uint16_t redirect_port = 0;
  FixedString<94> redirect_host;  // where the pool itself sent us; empty: the configured address
};

static_assert(std::is_trivially_copyable_v<Upstream> && sizeof(Upstream) % 8 == 0);

}  // namespace loka::shm
