#include "supervisor/listener_set.h"

#include <array>
#include <cerrno>
#include <numeric>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervisor/clock.h"

using namespace loka;
using namespace loka::supervisor;

namespace {

SocketAddress address(const char* ip, uint16_t port) { return {*IpAddress::parse(ip), port}; }

ListenerSet listeners(std::vector<SocketAddress> addresses, uint32_t slots) {
  auto set = ListenerSet::create(addresses, slots);
  REQUIRE_MESSAGE(set.has_value(), (set ? "" : set.error().text()));
  return std::move(*set);
}

FileDescriptor connected_to(const SocketAddress& where) {
  sockaddr_storage storage{};
  const socklen_t length = where.to(storage);
  FileDescriptor socket(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(connect(socket.number(), reinterpret_cast<sockaddr*>(&storage), length) == 0);
  return socket;
}

int option(int socket, int level, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  REQUIRE(getsockopt(socket, level, name, &value, &length) == 0);
  return value;
}

// Takes all connections that wait in a slot's queue.
size_t accept_all(const ListenerSet& set, uint32_t slot) {
  size_t count = 0;
  for (const int listener : set.descriptors(slot)) {
    while (FileDescriptor(accept(listener, nullptr, nullptr)).is_open()) ++count;
    CHECK(errno == EAGAIN);
  }
  return count;
}

// How 200 new connections fall to the slots.
std::vector<size_t> spread(const ListenerSet& set, uint32_t slots) {
  std::vector<FileDescriptor> connections;
  for (int i = 0; i < 200; ++i) connections.push_back(connected_to(set.addresses()[0]));
  std::vector<size_t> counts;
  for (uint32_t slot = 1; slot <= slots; ++slot) counts.push_back(accept_all(set, slot));
  CHECK(std::accumulate(counts.begin(), counts.end(), size_t{0}) == 200);
  return counts;
}

}  // namespace

TEST_CASE("listener_set: accepted connections inherit the options that sessions rely on") {
  const ListenerSet set = listeners({address("127.0.0.1", 0)}, 1);
  const int listener = set.descriptors(1)[0];
  CHECK((fcntl(listener, F_GETFD) & FD_CLOEXEC) != 0);
  CHECK((fcntl(listener, F_GETFL) & O_NONBLOCK) != 0);
  const FileDescriptor client = connected_to(set.addresses()[0]);
  const FileDescriptor accepted(accept(listener, nullptr, nullptr));
  REQUIRE(accepted.is_open());
  CHECK(option(accepted.number(), SOL_SOCKET, SO_OOBINLINE) == 1);
  CHECK(option(accepted.number(), SOL_SOCKET, SO_KEEPALIVE) == 1);
  CHECK(option(accepted.number(), IPPROTO_TCP, TCP_NODELAY) == 1);
  CHECK(option(accepted.number(), IPPROTO_TCP, TCP_KEEPIDLE) == 45);
  CHECK(option(accepted.number(), IPPROTO_TCP, TCP_KEEPINTVL) == 15);
  CHECK(option(accepted.number(), IPPROTO_TCP, TCP_KEEPCNT) == 4);
  CHECK(option(accepted.number(), IPPROTO_TCP, TCP_USER_TIMEOUT) == 60'000);
}

TEST_CASE("listener_set: each slot has one socket for each address, all slots the same ports") {
  const ListenerSet set = listeners({address("127.0.0.1", 0), address("127.0.0.2", 0)}, 3);
  CHECK(set.addresses().size() == 2);
  for (const uint32_t slot : {1U, 2U, 3U}) {
    const auto numbers = set.descriptors(slot);
    REQUIRE(numbers.size() == 2);
    for (size_t i = 0; i < 2; ++i) {
      sockaddr_storage storage{};
      socklen_t length = sizeof storage;
      REQUIRE(getsockname(numbers[i], reinterpret_cast<sockaddr*>(&storage), &length) == 0);
      CHECK(SocketAddress::from(reinterpret_cast<sockaddr*>(&storage)) == set.addresses()[i]);
    }
  }
}

TEST_CASE("listener_set: IPv4 and IPv6 may share a port") {
  const ListenerSet v4 = listeners({address("0.0.0.0", 0)}, 1);
  const uint16_t port = v4.addresses()[0].port;
  const ListenerSet v6 = listeners({address("::", port)}, 1);
  const FileDescriptor client = connected_to(address("::1", port));
  CHECK(accept_all(v6, 1) == 1);
  CHECK(accept_all(v4, 1) == 0);
}

TEST_CASE("listener_set: a slot that is left out gets nothing until it is back") {
  ListenerSet set = listeners({address("127.0.0.1", 0)}, 4);
  for (const size_t count : spread(set, 4)) CHECK(count > 0);

  REQUIRE(set.set_members(std::vector<uint32_t>{1, 3, 4}).has_value());
  auto counts = spread(set, 4);
  CHECK(counts[1] == 0);
  CHECK(counts[0] > 0);
  CHECK(counts[2] > 0);
  CHECK(counts[3] > 0);

  REQUIRE(set.set_members(std::vector<uint32_t>{3}).has_value());
  CHECK(spread(set, 4) == std::vector<size_t>{0, 0, 200, 0});

  REQUIRE(set.set_members(std::vector<uint32_t>{1, 2, 3, 4}).has_value());
  for (const size_t count : spread(set, 4)) CHECK(count > 0);
}

TEST_CASE("listener_set: without any member the kernel spreads over all, and none is lost") {
  ListenerSet set = listeners({address("127.0.0.1", 0)}, 2);
  REQUIRE(set.set_members(std::vector<uint32_t>{2}).has_value());
  REQUIRE(set.set_members({}).has_value());
  for (const size_t count : spread(set, 2)) CHECK(count > 0);
}

TEST_CASE("listener_set: what waits in a queue stays when its slot leaves the group") {
  ListenerSet set = listeners({address("127.0.0.1", 0)}, 2);
  REQUIRE(set.set_members(std::vector<uint32_t>{1}).has_value());
  const FileDescriptor waiting = connected_to(set.addresses()[0]);
  REQUIRE(set.set_members(std::vector<uint32_t>{2}).has_value());
  CHECK(accept_all(set, 1) == 1);
}

TEST_CASE("listener_set: an address on which another one listens is refused, with its name") {
  const ListenerSet first = listeners({address("127.0.0.1", 0)}, 2);
  const auto second = ListenerSet::create(first.addresses(), 2, Duration::milliseconds(50));
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().code == EADDRINUSE);
  CHECK(second.error().operation == "bind " + first.addresses()[0].text());
}

TEST_CASE("listener_set: an address that becomes free in time is taken") {
  std::array<int, 2> ready{};
  REQUIRE(pipe2(ready.data(), O_CLOEXEC) == 0);
  std::optional<ListenerSet> held = listeners({address("127.0.0.1", 0)}, 1);
  const std::vector<SocketAddress> addresses = held->addresses();
  // A child holds the listener, as the processes of a killed supervisor do, and dies a little
  // later.
  const pid_t child = fork();
  if (child == 0) {
    char byte = 0;
    [[maybe_unused]] const auto length = read(ready[0], &byte, 1);
    poll(nullptr, 0, 100);
    _exit(0);
  }
  held.reset();
  REQUIRE(write(ready[1], "x", 1) == 1);
  const auto set = ListenerSet::create(addresses, 2);
  CHECK(set.has_value());
  CHECK(waitpid(child, nullptr, 0) == child);
}

TEST_CASE("listener_set: an address of another machine is an error at once") {
  const Instant before = monotonic_now();
  const auto set = ListenerSet::create(std::vector{address("203.0.113.7", 3333)}, 1);
  REQUIRE_FALSE(set.has_value());
  CHECK(set.error().code == EADDRNOTAVAIL);
  CHECK(monotonic_now() - before < Duration::seconds(1));
}
