// The addresses behind the pools' names, looked up on libuv's threads so that the loop never waits.
// The last good answer stays in force while a lookup runs or fails.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <uv.h>

#include "common/base/ip_address.h"
#include "common/base/time.h"
#include "common/config/config.h"

namespace loka::net {

inline constexpr Duration kResolveAgainAfter = Duration::seconds(60);
inline constexpr Duration kResolveRetryAfter = Duration::seconds(2);
inline constexpr size_t kAddressesPerNameMax = 16;
inline constexpr size_t kNamesMax = 64;  // pools may send us to names of their own

class Resolver {
 public:
  explicit Resolver(uv_loop_t* loop);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  enum class Answer : uint8_t { kKnown, kPending, kFailed };

  // The address to dial for this endpoint; `turn` counts a miner's or the pool's attempts, so that
  // several addresses of one name are all tried. Starts or renews the lookup when it is due.
  [[nodiscard]] Answer address(const config::Endpoint& endpoint, uint32_t turn, Instant now,
                               SocketAddress& address);

 private:
  struct Name;
  static void on_resolved(uv_getaddrinfo_t* request, int status, addrinfo* result);

  uv_loop_t* loop_;
  std::vector<std::unique_ptr<Name>> names_;  // one per endpoint ever asked; pools are few
};

}  // namespace loka::net
