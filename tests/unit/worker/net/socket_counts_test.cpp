#include "worker/net/socket_counts.h"

#include <cerrno>
#include <string>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace loka;
using namespace loka::net;

namespace {

int option_of(int descriptor, int level, int option) {
  int value = -1;
  socklen_t bytes = sizeof value;
  getsockopt(descriptor, level, option, &value, &bytes);
  return value;
}

// A connection over loopback, both ends in this process, the listener with our options.
struct Loopback {
  Loopback() {
    listener = socket(AF_INET, SOCK_STREAM, 0);
    connected = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const name = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(set_counted_options(listener).has_value());
    REQUIRE(set_counted_options(connected).has_value());
    REQUIRE(bind(listener, name, length) == 0);
    REQUIRE(listen(listener, 4) == 0);
    REQUIRE(getsockname(listener, name, &length) == 0);
    REQUIRE(connect(connected, name, length) == 0);
    accepted = accept(listener, nullptr, nullptr);
    REQUIRE(accepted >= 0);
  }
  ~Loopback() {
    for (const int descriptor : {listener, connected, accepted}) {
      if (descriptor >= 0) close(descriptor);
    }
  }
  Loopback(const Loopback&) = delete;
  Loopback& operator=(const Loopback&) = delete;

  int listener = -1;
  int connected = -1;
  int accepted = -1;
};

void send_text(int descriptor, const std::string& text) {
  REQUIRE(send(descriptor, text.data(), text.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(text.size()));
}

void wait_for(int descriptor, short events) {
  pollfd waited{.fd = descriptor, .events = events, .revents = 0};
  REQUIRE(poll(&waited, 1, 2000) == 1);
}

std::string receive(int descriptor, size_t bytes) {
  std::string text(bytes, '\0');
  REQUIRE(recv(descriptor, text.data(), bytes, MSG_WAITALL) == static_cast<ssize_t>(bytes));
  return text;
}

}  // namespace

TEST_CASE("socket_counts: a fresh connection has moved nothing, whoever opened it") {
  const Loopback pair;
  for (const auto& [descriptor, origin] : {std::pair{pair.accepted, Origin::kAccepted},
                                           std::pair{pair.connected, Origin::kConnected}}) {
    const auto counts = socket_counts(descriptor, origin).value();
    CHECK(counts.consumed == 0);
    CHECK(counts.written == 0);
    CHECK(counts.state == TcpState::kOpen);
    CHECK(counts.is_consumed_exact);
  }
}

TEST_CASE("socket_counts: unread bytes are not consumed, unacknowledged bytes are written") {
  const Loopback pair;
  send_text(pair.connected, "0123456789");
  CHECK(receive(pair.accepted, 4) == "0123");
  send_text(pair.accepted, "answer");
  const auto accepted = socket_counts(pair.accepted, Origin::kAccepted).value();
  CHECK(accepted.consumed == 4);
  CHECK(accepted.written == 6);
  const auto connected = socket_counts(pair.connected, Origin::kConnected).value();
  CHECK(connected.consumed == 0);
  CHECK(connected.written == 10);
}

TEST_CASE("socket_counts: bytes that wait in our own queue count as written") {
  const Loopback pair;
  uint64_t written = 0;
  const std::string block(64 * 1024, 'x');
  for (;;) {
    const ssize_t given = send(pair.accepted, block.data(), block.size(), MSG_DONTWAIT);
    if (given < 0) break;
    written += static_cast<uint64_t>(given);
  }
  CHECK(socket_counts(pair.accepted, Origin::kAccepted).value().written == written);
}

TEST_CASE("socket_counts: the peer's FIN is no byte, before and after it is read") {
  const Loopback pair;
  send_text(pair.connected, "abc");
  REQUIRE(shutdown(pair.connected, SHUT_WR) == 0);
  wait_for(pair.accepted, POLLRDHUP);
  const auto unread = socket_counts(pair.accepted, Origin::kAccepted).value();
  CHECK(unread.consumed == 0);
  CHECK(unread.state == TcpState::kPeerFinished);
  CHECK(unread.is_consumed_exact);
  CHECK(receive(pair.accepted, 3) == "abc");
  CHECK(socket_counts(pair.accepted, Origin::kAccepted).value().consumed == 3);
  char end;
  CHECK(recv(pair.accepted, &end, 1, 0) == 0);
  CHECK(socket_counts(pair.accepted, Origin::kAccepted).value().consumed == 3);
}

TEST_CASE("socket_counts: after a reset what was there is still counted and can be read") {
  Loopback pair;
  send_text(pair.connected, "abcdef");
  CHECK(receive(pair.accepted, 2) == "ab");
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(pair.connected, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(pair.connected);
  pair.connected = -1;
  wait_for(pair.accepted, POLLIN | POLLHUP);
  const auto counts = socket_counts(pair.accepted, Origin::kAccepted).value();
  CHECK(counts.state == TcpState::kClosed);
  CHECK_FALSE(counts.is_consumed_exact);
  CHECK(counts.consumed == 2);
  CHECK(receive(pair.accepted, 4) == "cdef");
}

TEST_CASE("socket_counts: an urgent byte is a byte like any other") {
  const Loopback pair;
  send_text(pair.connected, "ab");
  REQUIRE(send(pair.connected, "!", 1, MSG_OOB) == 1);
  send_text(pair.connected, "cd");
  CHECK(receive(pair.accepted, 2) == "ab");
  CHECK(socket_counts(pair.accepted, Origin::kAccepted).value().consumed == 2);
  CHECK(receive(pair.accepted, 3) == "!cd");
  CHECK(socket_counts(pair.accepted, Origin::kAccepted).value().consumed == 5);
}

TEST_CASE("socket_counts: what has no counts is an error") {
  CHECK(socket_counts(9999, Origin::kAccepted).error().code == EBADF);
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  CHECK(socket_counts(ends[0], Origin::kAccepted).error().code == ENOTSOCK);
  close(ends[0]);
  close(ends[1]);
  const Loopback pair;
  CHECK_FALSE(socket_counts(pair.listener, Origin::kAccepted).has_value());
}

TEST_CASE("socket_counts: a socket that never connected counts nothing") {
  const int lonely = socket(AF_INET, SOCK_STREAM, 0);
  const auto counts = socket_counts(lonely, Origin::kConnected).value();
  CHECK(counts.consumed == 0);
  CHECK(counts.written == 0);
  CHECK(counts.state == TcpState::kClosed);
  close(lonely);
}

TEST_CASE("set_counted_options: accepted sockets inherit what the listener has") {
  const Loopback pair;
  for (const int descriptor : {pair.accepted, pair.connected}) {
    CHECK(option_of(descriptor, SOL_SOCKET, SO_OOBINLINE) == 1);
    CHECK(option_of(descriptor, SOL_SOCKET, SO_KEEPALIVE) == 1);
    CHECK(option_of(descriptor, IPPROTO_TCP, TCP_NODELAY) == 1);
    CHECK(option_of(descriptor, IPPROTO_TCP, TCP_KEEPIDLE) == 30);
    CHECK(option_of(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT) == 10'000);
  }
  CHECK(set_counted_options(9999).error().code == EBADF);
}

TEST_CASE("socket_cookie: names a socket, not its number") {
  int first = socket(AF_INET, SOCK_STREAM, 0);
  const uint64_t cookie = socket_cookie(first);
  CHECK(cookie != 0);
  CHECK(socket_cookie(first) == cookie);
  close(first);
  const int second = socket(AF_INET, SOCK_STREAM, 0);
  REQUIRE(second == first);
  CHECK(socket_cookie(second) != cookie);
  close(second);
  CHECK(socket_cookie(second) == 0);
}
