// A socket as a record names it: a descriptor number of the slot's table and the kernel's cookie.
// Numbers are reused, cookies never, so nothing is closed without the match.
#pragma once

#include <cstdint>

namespace loka::shm {

struct SocketName {
  uint64_t cookie = 0;      // SO_COOKIE
  int32_t descriptor = -1;  // meaningless unless cookie != 0
  uint32_t reserved = 0;

  [[nodiscard]] bool is_open() const { return cookie != 0; }
};

}  // namespace loka::shm
