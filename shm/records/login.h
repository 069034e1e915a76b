// A name that a miner authorises with on one connection. Its public row has the same index. The
// password never leaves the private shard.
#pragma once

#include <cstdint>
#include <type_traits>

#include "common/base/fixed_string.h"
#include "shm/records/paged_bytes.h"

namespace loka::shm {

struct alignas(8) Login {
  uint32_t in_use = 0;
  uint32_t session = kNobody;
  uint32_t next = kNobody;  // of the same session
  bool is_authorized = false;
  FixedString<128> name;       // as the miner wrote it, escapes resolved
  FixedString<64> password;    // likewise
  FixedString<254> wire_name;  // what the present pool knows it by: a JSON string with its quotes
};

static_assert(std::is_trivially_copyable_v<Login> && sizeof(Login) % 8 == 0);

}  // namespace loka::shm
