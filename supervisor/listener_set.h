// The sockets that miners connect to: one SO_REUSEPORT socket for each address and slot. The
// supervisor creates them and keeps them as long as it lives, and a slot always gets the same ones,
// so that connections which wait in a queue are served by whoever comes next.
//
// A slot leaves the group by a program that leaves its sockets out, never by closing them: that
// would renumber the group and reset what waits in their queues.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/base/ip_address.h"
#include "common/base/result.h"
#include "common/base/time.h"
#include "supervisor/file_descriptor.h"

namespace loka::supervisor {

// Connections that wait for an accept, per socket; the kernel takes net.core.somaxconn if smaller.
inline constexpr int kListenBacklog = 4096;
// How long a bind is tried again while the processes of a killed supervisor still hold the address.
inline constexpr Duration kBindPatience = Duration::seconds(2);
// A dead miner is noticed after 45 s of silence and 4 × 15 s without an answer; bytes that nobody
// acknowledges for 60 s end the connection.
inline constexpr int kKeepAliveIdleS = 45;
inline constexpr int kKeepAliveIntervalS = 15;
inline constexpr int kKeepAliveProbes = 4;
inline constexpr unsigned kUserTimeoutMs = 60'000;

class ListenerSet {
 public:
  // Binds and listens. Blocks for up to `patience` while an address is in use. A port 0 is chosen
  // by the kernel, once for all slots. All sockets are close-on-exec and non-blocking; accepted
  // ones inherit SO_OOBINLINE, TCP_NODELAY, keep-alive and TCP_USER_TIMEOUT.
  // Addresses that anybody else listens on are refused, another loka-stratum of the same user
  // included, although SO_REUSEPORT would let both in.
  [[nodiscard]] static Result<ListenerSet, SystemError> create(
      std::span<const SocketAddress> addresses, uint32_t slots, Duration patience = kBindPatience);

  // The slot's descriptors, one for each address in their order; they stay the set's.
  [[nodiscard]] std::vector<int> descriptors(uint32_t slot) const;
  // Where it listens, with the ports that the kernel chose.
  [[nodiscard]] const std::vector<SocketAddress>& addresses() const { return addresses_; }

  // From now on only these slots get new connections, at random; with all slots, or none, the
  // kernel spreads them over all as if nothing had been said.
  [[nodiscard]] Result<void, SystemError> set_members(std::span<const uint32_t> members);

 private:
  ListenerSet() = default;

  uint32_t slots_ = 0;
  std::vector<SocketAddress> addresses_;
  std::vector<FileDescriptor> sockets_;  // by address, then by slot
};

}  // namespace loka::supervisor
