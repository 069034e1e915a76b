// A session: one miner's connection and everything about it that must outlive an engine.
#pragma once

#include <cstdint>
#include <type_traits>

#include "common/base/fixed_string.h"
#include "common/base/ip_address.h"
#include "shm/records/paged_bytes.h"
#include "shm/records/socket_name.h"

namespace loka::shm {

enum class SessionState : uint8_t {
  kOpen,      // lines come and go
  kDraining,  // the miner sent its FIN; open requests are still answered
  kClosing,   // the record is done; its socket follows
};

// May the miner's next line be handled?
enum class Gate : uint8_t {
  kOpen,
  kWaitPool,    // no pool connection takes lines yet
  kWaitAnswer,  // a step of the handshake is at the pool: one step at a time
};

// The step of the handshake that the miner waits for. It is kept here and not with the pool
// connection, so that the next pool can be asked the same.
enum class Step : uint8_t { kNone, kConfigure, kSubscribe, kAuthorize };

struct Session {
  uint32_t in_use = 0;
  uint32_t generation = 0;  // of this place; tells a reused place from the one meant
  SocketName socket;
  SocketAddress address;
  SessionState state = SessionState::kOpen;
  Gate gate = Gate::kOpen;
  Step pending = Step::kNone;
  uint8_t bad_lines = 0;
  bool has_subscribed = false;  // the miner has its extranonce1
  bool has_configured = false;  // a configure was answered; replayed on a new pool connection
  bool has_rolling = false;     // version rolling was granted
  bool has_extranonce_subscribed = false;  // the pool said true to it
  bool has_retried_authorize = false;
  uint8_t quick_losses = 0;      // pool connections lost in a row that never became steady
  bool has_spoken = false;       // a first line was a message: not a foreign protocol
  uint8_t extranonce2_size = 0;  // bytes
  uint16_t login_count = 0;
  uint32_t upstream = kNobody;
  uint32_t first_login = kNobody;
  uint32_t pending_login = kNobody;  // for Step::kAuthorize
  uint32_t pool_requests = 0;        // requests of the pool that the miner has yet to answer
  uint32_t version_mask = 0;
  uint32_t pools_tried = 0;    // bit i: pool i failed since the last one served
  uint32_t rounds_failed = 0;  // whole rounds through the pools without success

  int64_t accepted_ns = 0;
  int64_t last_line_ns = 0;
  int64_t pool_wait_ns = 0;  // since when it has no pool that serves; 0: it has one
  int64_t stalled_ns = 0;    // since when it takes no byte; 0: it does
  int64_t drain_ns = 0;      // when draining began
  int64_t deadline_ns = 0;   // the next instant at which something is due; 0: none

  PagedBytes in;
  PagedBytes out;

  double difficulty = 1;       // of the newest job
  double next_difficulty = 1;  // set by the pool, in force with the next job

  FixedString<64> pending_id;   // raw JSON text
  FixedString<32> extranonce1;  // hex, as the miner knows it
  FixedString<64> agent;
  FixedString<254> subscribe_params;  // raw JSON, for the next pool
  FixedString<318> configure_params;  // likewise
};

static_assert(std::is_trivially_copyable_v<Session> && sizeof(Session) % 8 == 0);

}  // namespace loka::shm
