#include "worker/pool_talk.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/check.h"
#include "common/stratum/limits.h"
#include "worker/clock.h"

namespace loka::worker {

namespace {

std::string error_text(int code) { return SystemError{"", code}.text().substr(2); }

// Whether the socket is ready before the deadline.
bool wait_for(int socket, short events, Instant deadline) {
  for (;;) {
    const Duration left = deadline - monotonic_now();
    if (left <= Duration()) return false;
    pollfd waited{.fd = socket, .events = events, .revents = 0};
    const int ready = poll(&waited, 1, static_cast<int>(left.ms()) + 1);
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

// 0, or why it did not connect.
int connect_to(int socket, const SocketAddress& address, Instant deadline) {
  sockaddr_storage storage{};
  const socklen_t length = address.to(storage);
  if (connect(socket, reinterpret_cast<const sockaddr*>(&storage), length) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (!wait_for(socket, POLLOUT, deadline)) return ETIMEDOUT;
  int outcome = 0;
  socklen_t bytes = sizeof outcome;
  return getsockopt(socket, SOL_SOCKET, SO_ERROR, &outcome, &bytes) == 0 ? outcome : errno;
}

}  // namespace

Result<std::vector<SocketAddress>, std::string> resolve(const config::Endpoint& endpoint) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int code =
      getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
  if (code != 0) return Error(std::string(gai_strerror(code)));
  std::vector<SocketAddress> addresses;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    if (const auto address = SocketAddress::from(at->ai_addr)) addresses.push_back(*address);
  }
  freeaddrinfo(found);
  if (addresses.empty()) return Error(std::string("no IPv4 or IPv6 address"));
  return addresses;
}

PoolTalk::PoolTalk(int socket) : socket_(socket), parser_(stratum::kPoolLineBytesMax) {}

PoolTalk::PoolTalk(PoolTalk&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      received_(std::move(other.received_)),
      taken_(other.taken_),
      parser_(std::move(other.parser_)),
      message_(other.message_) {}

PoolTalk::~PoolTalk() {
  if (socket_ >= 0) close(socket_);
}

Result<PoolTalk, std::string> PoolTalk::connect(std::span<const SocketAddress> addresses,
                                                Instant deadline) {
  std::string reason = "no address";
  for (const SocketAddress& address : addresses) {
    const int family = address.ip.is_v4() ? AF_INET : AF_INET6;
    const int socket = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket < 0) return Error(error_text(errno));
    PoolTalk talk(socket);
    const int code = connect_to(socket, address, deadline);
    if (code == 0) return talk;
    reason = address.text() + ": " + error_text(code);
  }
  return Error(reason);
}

Result<void, std::string> PoolTalk::say(std::string_view line, Instant deadline) {
  CHECK(!line.empty());
  while (!line.empty()) {
    const ssize_t sent = send(socket_, line.data(), line.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      line.remove_prefix(static_cast<size_t>(sent));
    } else if (errno != EAGAIN && errno != EINTR) {
      return Error(error_text(errno));
    } else if (!wait_for(socket_, POLLOUT, deadline)) {
      return Error(std::string("the pool takes nothing"));
    }
  }
  return {};
}

Result<PoolTalk::Heard, std::string> PoolTalk::hear(Instant deadline) {
  received_.erase(0, std::exchange(taken_, 0));
  for (;;) {
    const size_t end = received_.find('\n');
    if (end != std::string::npos) {
      taken_ = end + 1;
      const auto line = std::string_view(received_).substr(0, end);
      const auto message = parser_.parse(line);
      if (message) {
        message_ = *message;
        return Heard{line, &message_};
      }
      received_.erase(0, std::exchange(taken_, 0));  // as the engine does: dropped
      continue;
    }
    if (received_.size() > stratum::kPoolLineBytesMax) {
      return Error(std::string("the pool sends a line above 64 KiB"));
    }
    if (!wait_for(socket_, POLLIN, deadline)) return Error(std::string("no answer in time"));
    std::array<char, 4096> bytes;
    const ssize_t count = recv(socket_, bytes.data(), bytes.size(), 0);
    if (count == 0) return Error(std::string("the pool closed the connection"));
    if (count < 0 && errno != EAGAIN && errno != EINTR) return Error(error_text(errno));
    if (count > 0) received_.append(bytes.data(), static_cast<size_t>(count));
  }
}

}  // namespace loka::worker
