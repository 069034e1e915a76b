// How many bytes of a socket's two streams this side has taken from the kernel and given to it,
// asked of the kernel itself. It is what the next engine goes by when the last one died between a
// system call and its own book-keeping.
#pragma once

#include <cstdint>

#include "common/base/result.h"

namespace loka::net {

// Who opened the connection: where we did, our SYN counts as one acknowledged byte.
enum class Origin : uint8_t { kAccepted, kConnected };

enum class TcpState : uint8_t {
  kOpen,
  kConnecting,    // nothing has moved yet
  kPeerFinished,  // the peer's FIN has come; what it sent before can still be read
  kClosed,        // a RST or a time-out ended it; what had come before can still be read
  kOther,         // a listener, or we closed our half: the counts mean nothing
};

struct SocketCounts {
  uint64_t consumed = 0;  // bytes that read() has returned since the connection began
  uint64_t written = 0;   // bytes that write() has taken since then, sent or not
  TcpState state = TcpState::kOther;
  // False in kClosed, where the kernel no longer tells whether a FIN came before the RST: then
  // `consumed` may be one too many, never too few. So only whole lines are counted there.
  bool is_consumed_exact = false;
};

// Tries before the counts are given up as moving too fast to be read: each costs four system calls.
inline constexpr int kCountAttemptsMax = 1000;

// The counts of a TCP socket of the calling process, which alone may read and write it; its peer
// may go on sending. The socket has SO_OOBINLINE from its first byte on, else one urgent byte
// shifts `consumed` for ever.
//   errors  what getsockopt and ioctl say; EAGAIN after kCountAttemptsMax tries
[[nodiscard]] Result<SocketCounts, SystemError> socket_counts(int descriptor, Origin origin);

// For a socket of ours before it connects: SO_OOBINLINE, no delay, keep-alive, and a limit on
// unacknowledged bytes, so that a silent pool is noticed within 60 s, and within 10 s where bytes
// wait for it. Accepted sockets inherit theirs from the listener.
[[nodiscard]] Result<void, SystemError> set_counted_options(int descriptor);

// The kernel's name of the socket, never used twice; 0 if the descriptor is no socket.
[[nodiscard]] uint64_t socket_cookie(int descriptor);

}  // namespace loka::net
