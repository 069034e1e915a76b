#include "supervisor/listener_set.h"

#include <algorithm>
#include <cerrno>
#include <string>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "common/base/check.h"
#include "supervisor/clock.h"
#include "supervisor/reuseport_program.h"

namespace loka::supervisor {
namespace {

constexpr int kBindPauseMs = 10;

Result<void, SystemError> set_option(int socket, int level, int option, int value,
                                     const char* name) {
  if (setsockopt(socket, level, option, &value, sizeof value) == 0) return {};
  return Error(last_system_error(std::string("setsockopt ") + name));
}

struct Option {
  int level;
  int name;
  int value;
  const char* text;
};

// Set before listen(), so that no accepted connection misses them.
constexpr Option kInherited[] = {
    // One urgent byte outside the stream would shift the kernel's counts against ours for ever.
    {SOL_SOCKET, SO_OOBINLINE, 1, "SO_OOBINLINE"},
    {SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE"},
    {IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY"},
    {IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveIdleS, "TCP_KEEPIDLE"},
    {IPPROTO_TCP, TCP_KEEPINTVL, kKeepAliveIntervalS, "TCP_KEEPINTVL"},
    {IPPROTO_TCP, TCP_KEEPCNT, kKeepAliveProbes, "TCP_KEEPCNT"},
    {IPPROTO_TCP, TCP_USER_TIMEOUT, int{kUserTimeoutMs}, "TCP_USER_TIMEOUT"},
};

Result<FileDescriptor, SystemError> bound_socket(const SocketAddress& address, bool shares_port) {
  const bool is_v4 = address.ip.is_v4();
  FileDescriptor socket(::socket(is_v4 ? AF_INET : AF_INET6,
                                 SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
  if (!socket.is_open()) return Error(last_system_error("socket for " + address.text()));
  auto done = set_option(socket.number(), SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
  if (done && shares_port) {
    done = set_option(socket.number(), SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT");
  }
  // "[::]:3333" beside "0.0.0.0:3333" is two listeners, not a conflict.
  if (done && !is_v4) done = set_option(socket.number(), IPPROTO_IPV6, IPV6_V6ONLY, 1, "V6ONLY");
  if (!done) return Error(done.error());
  sockaddr_storage storage{};
  const socklen_t length = address.to(storage);
  if (bind(socket.number(), reinterpret_cast<const sockaddr*>(&storage), length) != 0) {
    return Error(last_system_error("bind " + address.text()));
  }
  return socket;
}

// Binding without SO_REUSEPORT fails while anybody listens there. Without this, the sockets of a
// dying predecessor would join our group for a moment and shift its numbers, and a second service
// of the same user would silently share the port.
Result<void, SystemError> check_free(std::span<const SocketAddress> addresses) {
  for (const SocketAddress& address : addresses) {
    if (address.port == 0) continue;
    auto probe = bound_socket(address, false);
    if (!probe) return Error(probe.error());
  }
  return {};
}

Result<void, SystemError> wait_until_free(std::span<const SocketAddress> addresses,
                                          Duration patience) {
  const Instant deadline = monotonic_now() + patience;
  while (true) {
    auto free = check_free(addresses);
    if (free || free.error().code != EADDRINUSE || monotonic_now() >= deadline) return free;
    poll(nullptr, 0, kBindPauseMs);
  }
}

Result<FileDescriptor, SystemError> listening_socket(const SocketAddress& address) {
  auto socket = bound_socket(address, true);
  if (!socket) return socket;
  for (const Option& option : kInherited) {
    auto done = set_option(socket->number(), option.level, option.name, option.value, option.text);
    if (!done) return Error(done.error());
  }
  if (listen(socket->number(), kListenBacklog) != 0) {
    return Error(last_system_error("listen on " + address.text()));
  }
  return socket;
}

Result<SocketAddress, SystemError> local_address(int socket) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &length) != 0) {
    return Error(last_system_error("getsockname"));
  }
  const auto address = SocketAddress::from(reinterpret_cast<const sockaddr*>(&storage));
  CHECK(address.has_value());
  return *address;
}

Result<void, SystemError> attach(int socket, std::vector<sock_filter>& instructions) {
  sock_fprog program{static_cast<unsigned short>(instructions.size()), instructions.data()};
  if (setsockopt(socket, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program) == 0) {
    return {};
  }
  return Error(last_system_error("setsockopt SO_ATTACH_REUSEPORT_CBPF"));
}

Result<void, SystemError> detach(int socket) {
  const int unused = 0;
  if (setsockopt(socket, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &unused, sizeof unused) == 0 ||
      errno == ENOENT) {  // nothing was attached
    return {};
  }
  return Error(last_system_error("setsockopt SO_DETACH_REUSEPORT_BPF"));
}

}  // namespace

Result<ListenerSet, SystemError> ListenerSet::create(std::span<const SocketAddress> addresses,
                                                     uint32_t slots, Duration patience) {
  CHECK(slots > 0);
  if (auto free = wait_until_free(addresses, patience); !free) return Error(free.error());
  ListenerSet set;
  set.slots_ = slots;
  for (SocketAddress address : addresses) {
    // In the order of the slots: the kernel numbers the group's sockets by their listen().
    for (uint32_t slot = 1; slot <= slots; ++slot) {
      auto socket = listening_socket(address);
      if (!socket) return Error(socket.error());
      if (address.port == 0) {
        auto bound = local_address(socket->number());
        if (!bound) return Error(bound.error());
        address.port = bound->port;
      }
      set.sockets_.push_back(std::move(*socket));
    }
    set.addresses_.push_back(address);
  }
  return set;
}

std::vector<int> ListenerSet::descriptors(uint32_t slot) const {
  CHECK(slot >= 1 && slot <= slots_);
  std::vector<int> numbers;
  for (size_t i = slot - 1; i < sockets_.size(); i += slots_) {
    numbers.push_back(sockets_[i].number());
  }
  return numbers;
}

Result<void, SystemError> ListenerSet::set_members(std::span<const uint32_t> members) {
  std::vector<uint32_t> left_out;
  for (uint32_t slot = 1; slot <= slots_; ++slot) {
    if (std::ranges::find(members, slot) == members.end()) left_out.push_back(slot - 1);
  }
  const bool spreads_over_all = left_out.empty() || left_out.size() == slots_;
  for (size_t first = 0; first < sockets_.size(); first += slots_) {
    const int socket = sockets_[first].number();
    auto program =
        spreads_over_all ? std::vector<sock_filter>{} : reuseport_program(slots_, left_out);
    auto done = spreads_over_all ? detach(socket) : attach(socket, program);
    if (!done) return done;
  }
  return {};
}

}  // namespace loka::supervisor
