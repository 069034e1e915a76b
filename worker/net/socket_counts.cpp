#include "worker/net/socket_counts.h"

// tcpi_bytes_received is only in linux/tcp.h, which collides with the netinet/tcp.h that uv.h
// brings; this file includes neither of those two.
#include <algorithm>
#include <cerrno>
#include <string>

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace loka::net {

namespace {

// tcpi_state, from the kernel's include/net/tcp_states.h; its user headers do not carry them.
constexpr uint8_t kTcpEstablished = 1;
constexpr uint8_t kTcpSynSent = 2;
constexpr uint8_t kTcpSynReceived = 3;
constexpr uint8_t kTcpClose = 7;
constexpr uint8_t kTcpCloseWait = 8;

// Keep-alive finds a silent peer after 30 + 3 × 10 s.
constexpr int kKeepAliveIdleS = 30;
constexpr int kKeepAliveIntervalS = 10;
constexpr int kKeepAliveProbes = 3;
constexpr int kUserTimeoutMs = 10'000;

struct Look {
  uint64_t received = 0;  // the peer's FIN included
  uint64_t acked = 0;     // our SYN included, where we connected
  uint8_t state = 0;
  bool operator==(const Look&) const = default;
};

Result<Look, SystemError> look(int descriptor) {
  tcp_info info{};
  socklen_t bytes = sizeof info;
  if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &bytes) != 0) {
    return Error(last_system_error("getsockopt TCP_INFO"));
  }
  return Look{info.tcpi_bytes_received, info.tcpi_bytes_acked, info.tcpi_state};
}

Result<uint64_t, SystemError> queued(int descriptor, unsigned long request, const char* name) {
  int bytes = 0;
  if (ioctl(descriptor, request, &bytes) != 0) return Error(last_system_error(name));
  return static_cast<uint64_t>(std::max(bytes, 0));
}

TcpState state_of(uint8_t state) {
  switch (state) {
    case kTcpEstablished:
      return TcpState::kOpen;
    case kTcpSynSent:
    case kTcpSynReceived:
      return TcpState::kConnecting;
    case kTcpCloseWait:
      return TcpState::kPeerFinished;
    case kTcpClose:
      return TcpState::kClosed;
    default:
      return TcpState::kOther;
  }
}

SocketCounts counts_of(const Look& seen, uint64_t unread, uint64_t unsent, Origin origin) {
  SocketCounts counts;
  counts.state = state_of(seen.state);
  const uint64_t fin = counts.state == TcpState::kPeerFinished ? 1 : 0;
  // Before the handshake is over, and on a socket that never connected, there is no SYN to take
  // off.
  const uint64_t syn = origin == Origin::kConnected && seen.acked > 0 ? 1 : 0;
  counts.consumed = seen.received - std::min(seen.received, unread + fin);
  counts.written = seen.acked + unsent - syn;
  counts.is_consumed_exact =
      counts.state == TcpState::kOpen || counts.state == TcpState::kPeerFinished;
  return counts;
}

Result<void, SystemError> set(int descriptor, int level, int option, int value, const char* name) {
  if (setsockopt(descriptor, level, option, &value, sizeof value) == 0) return {};
  return Error(last_system_error(std::string("setsockopt ") + name));
}

}  // namespace

Result<SocketCounts, SystemError> socket_counts(int descriptor, Origin origin) {
  auto before = look(descriptor);
  if (!before) return Error(before.error());
  // Bytes come and are acknowledged between these calls, so a single pass adds figures of different
  // moments. Two equal looks around the queues mean that nothing moved.
  for (int attempt = 0; attempt < kCountAttemptsMax; ++attempt) {
    const auto unread = queued(descriptor, SIOCINQ, "ioctl SIOCINQ");
    if (!unread) return Error(unread.error());
    const auto unsent = queued(descriptor, SIOCOUTQ, "ioctl SIOCOUTQ");
    if (!unsent) return Error(unsent.error());
    const auto after = look(descriptor);
    if (!after) return Error(after.error());
    if (*before == *after) return counts_of(*after, *unread, *unsent, origin);
    before = after;
  }
  return Error(SystemError{"count the bytes of a socket", EAGAIN});
}

Result<void, SystemError> set_counted_options(int descriptor) {
  struct Option {
    int level;
    int option;
    int value;
    const char* name;
  };
  constexpr Option kOptions[] = {
      {SOL_SOCKET, SO_OOBINLINE, 1, "SO_OOBINLINE"},
      {SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE"},
      {IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY"},
      {IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveIdleS, "TCP_KEEPIDLE"},
      {IPPROTO_TCP, TCP_KEEPINTVL, kKeepAliveIntervalS, "TCP_KEEPINTVL"},
      {IPPROTO_TCP, TCP_KEEPCNT, kKeepAliveProbes, "TCP_KEEPCNT"},
      {IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMs, "TCP_USER_TIMEOUT"},
  };
  for (const auto& [level, option, value, name] : kOptions) {
    auto done = set(descriptor, level, option, value, name);
    if (!done) return done;
  }
  return {};
}

uint64_t socket_cookie(int descriptor) {
  uint64_t cookie = 0;
  socklen_t bytes = sizeof cookie;
  return getsockopt(descriptor, SOL_SOCKET, SO_COOKIE, &cookie, &bytes) == 0 ? cookie : 0;
}

}  // namespace loka::net
