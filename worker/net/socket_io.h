// The system calls of one TCP socket, non-blocking throughout. Which bytes, and what follows from
// an error, is the engine's business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "common/base/ip_address.h"
#include "common/base/result.h"
#include "shm/records/socket_name.h"

namespace loka::net {

// What a read or write came to. For kDone, `bytes` were moved (0 for a read: never).
enum class IoStatus : uint8_t { kDone, kWouldBlock, kEnd, kBroken };
struct Io {
  IoStatus status = IoStatus::kDone;
  size_t bytes = 0;
};

[[nodiscard]] Io read_some(int descriptor, char* to, size_t bytes_max);
[[nodiscard]] Io write_some(int descriptor, std::span<const std::string_view> pieces);

struct Accepted {
  shm::SocketName socket;
  SocketAddress peer;
};
// Takes one connection from a listener's queue. Not close-on-exec: it outlives this process.
// Errors: EAGAIN when the queue is empty, EMFILE, ENFILE, ENOBUFS, ENOMEM when it must wait.
[[nodiscard]] Result<Accepted, int> accept_one(int listener);

// Opens a socket for this address family with the options that a counted socket needs; it is not
// connected yet, so that its name can be written down first.
[[nodiscard]] Result<shm::SocketName, int> open_socket(const SocketAddress& address);
// Starts to connect: 0 when connected at once, EINPROGRESS, or what went wrong.
[[nodiscard]] int begin_connect(int descriptor, const SocketAddress& address);
// After it became writable: 0, or why it did not connect.
[[nodiscard]] int connect_outcome(int descriptor);

// Whether the descriptor still is the socket that was named.
[[nodiscard]] bool is_same_socket(const shm::SocketName& name);
// Closes it if it is; another socket under that number is left alone.
void close_socket(const shm::SocketName& name);

}  // namespace loka::net
