#include "tools/sim/sockets.h"

#include <cerrno>
#include <cstring>
#include <memory>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <unistd.h>

namespace loka::sim {

namespace {

constexpr int kBacklog = 4096;

void set(int descriptor, int level, int option) {
  const int on = 1;
  ::setsockopt(descriptor, level, option, &on, sizeof on);
}

// Keeps errno for the caller's report while giving the descriptor back.
SystemError failed(int descriptor, const char* operation) {
  SystemError error = last_system_error(operation);
  ::close(descriptor);
  return error;
}

void bind_to_loopback(int descriptor, const Address& address, size_t number) {
  const auto* target = reinterpret_cast<const sockaddr_in*>(&address.storage);
  if (number < kLoopbackConnectionsMax || address.storage.ss_family != AF_INET ||
      ntohl(target->sin_addr.s_addr) >> 24U != 127)
    return;
  sockaddr_in source{};
  source.sin_family = AF_INET;
  source.sin_addr.s_addr =
      htonl(INADDR_LOOPBACK + static_cast<uint32_t>(number / kLoopbackConnectionsMax));
  set(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
  // Where it fails, connect() chooses as it always does.
  (void)::bind(descriptor, reinterpret_cast<const sockaddr*>(&source), sizeof source);
}

}  // namespace

uint16_t Address::port() const {
  return storage.ss_family == AF_INET6
             ? ntohs(reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_port)
             : ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
}

void Address::set_port(uint16_t port) {
  if (storage.ss_family == AF_INET6)
    reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port = htons(port);
  else
    reinterpret_cast<sockaddr_in*>(&storage)->sin_port = htons(port);
}

Result<Address, std::string> resolve(const HostPort& target) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(target.host.c_str(), nullptr, &hints, &found);
  if (error != 0) return Error(std::string(::gai_strerror(error)));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  Address address;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  address.size = found->ai_addrlen;
  address.set_port(target.port);
  return address;
}

Result<int, SystemError> listen_on(Address& address) {
  const int descriptor =
      ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return Error(last_system_error("socket"));
  set(descriptor, SOL_SOCKET, SO_REUSEADDR);
  set(descriptor, SOL_SOCKET, SO_REUSEPORT);
  if (::bind(descriptor, address.get(), address.size) != 0)
    return Error(failed(descriptor, "bind"));
  if (::listen(descriptor, kBacklog) != 0) return Error(failed(descriptor, "listen"));
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address.storage), &address.size) != 0)
    return Error(failed(descriptor, "getsockname"));
  return descriptor;
}

int accept_from(int listener) {
  const int descriptor = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor >= 0) set(descriptor, IPPROTO_TCP, TCP_NODELAY);
  return descriptor;
}

int connect_to(const Address& address, size_t number) {
  const int descriptor =
      ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  set(descriptor, IPPROTO_TCP, TCP_NODELAY);
  bind_to_loopback(descriptor, address, number);
  if (::connect(descriptor, address.get(), address.size) == 0 || errno == EINPROGRESS)
    return descriptor;
  const int error = errno;
  ::close(descriptor);
  errno = error;
  return -1;
}

int connect_error(int descriptor) {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

}  // namespace loka::sim
