// What the public segment says of one login on one connection. Written by the engine's commits,
// read by everybody; a reader trusts none of it.
#pragma once

#include <cstdint>
#include <type_traits>

#include "common/base/fixed_string.h"
#include "common/base/ip_address.h"
#include "shm/records/hashrate.h"

namespace loka::shm {

struct MinerRow {
  uint32_t in_use = 0;
  uint32_t session = 0;    // the session's number in this slot, for the log
  FixedString<128> login;  // as the miner wrote it, valid UTF-8
  FixedString<64> agent;
  SocketAddress address;
  uint16_t pool = 0xffff;     // position in the configuration; 0xffff: none at the moment
  double difficulty = 0;      // of the jobs it works on
  int64_t connected_ns = 0;   // CLOCK_MONOTONIC
  int64_t last_share_ns = 0;  // 0: none yet
  uint64_t submitted = 0;
  uint64_t accepted = 0;
  uint64_t rejected = 0;  // by the pool or here
  uint64_t unanswered = 0;
  Hashrate hashrate;
};

static_assert(std::is_trivially_copyable_v<MinerRow>);

}  // namespace loka::shm
