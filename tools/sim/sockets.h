// The system calls around a socket that both commands need. Errors are sentences for the user.
#pragma once

#include <cstddef>
#include <cstdint>

#include <sys/socket.h>

#include "common/base/result.h"
#include "tools/sim/options.h"

namespace loka::sim {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] uint16_t port() const;
  void set_port(uint16_t port);
};

// A numeric address or a name; the first that it resolves to. Waits for the resolver.
[[nodiscard]] Result<Address, std::string> resolve(const HostPort& target);

// Non-blocking, and shared with others of the same address by SO_REUSEPORT. `address` gets the port
// that the kernel chose where it was 0.
[[nodiscard]] Result<int, SystemError> listen_on(Address& address);
// Non-blocking and without Nagle's delay; -1 with errno EAGAIN when nobody waits.
[[nodiscard]] int accept_from(int listener);
// Begins to connect: ready when it can be written. -1 with errno. One loopback address has some
// 28,000 free ports, so every further kLoopbackConnectionsMax connections to 127.0.0.1 come from
// the next of 127.0.0.1, 127.0.0.2, ...; number: which connection this is, from 0.
inline constexpr size_t kLoopbackConnectionsMax = 10'000;
[[nodiscard]] int connect_to(const Address& address, size_t number);
// 0, or the error with which the connecting ended.
[[nodiscard]] int connect_error(int descriptor);

// Lifts the soft limit of descriptors to the hard one; returns what may be open now.
size_t raise_descriptor_limit();

}  // namespace loka::sim
