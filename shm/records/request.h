// A request at a pool whose answer is awaited: a share in flight, or a step of the handshake, or
// whatever else a miner asked. It maps our id on that connection to the miner's own.
#pragma once

#include <cstdint>
#include <type_traits>

#include "common/base/fixed_string.h"
#include "shm/records/paged_bytes.h"

namespace loka::shm {

enum class RequestKind : uint8_t {
  kSubmit,
  kStep,                 // the miner's own configure, subscribe or authorize (Session::pending)
  kReplay,               // ours, on a new connection for a known miner
  kExtranonceSubscribe,  // the miner's
  kOther,                // any other request of the miner
};

struct Request {
  uint32_t in_use = 0;
  uint32_t number = 0;  // our id on the wire
  RequestKind kind = RequestKind::kOther;
  bool has_expired = false;  // the miner was answered or has gone; a verdict now is a late one
  uint16_t pool = 0;
  uint32_t next = kNobody;   // the one sent after it on the same connection
  uint32_t login = kNobody;  // for kSubmit
  int64_t sent_ns = 0;
  double difficulty = 0;  // of the job that a share belongs to
  FixedString<64> id;     // the miner's id, raw JSON text
};

static_assert(std::is_trivially_copyable_v<Request> && sizeof(Request) % 8 == 0);

}  // namespace loka::shm
