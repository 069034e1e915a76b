#include "worker/net/socket_io.h"

#include <array>
#include <cerrno>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "worker/net/socket_counts.h"

namespace loka::net {
namespace {

constexpr size_t kPiecesMax = 16;

Io failed() {
  if (errno == EAGAIN || errno == EINTR) return {IoStatus::kWouldBlock, 0};
  return {IoStatus::kBroken, 0};
}

}  // namespace

Io read_some(int descriptor, char* to, size_t bytes_max) {
  const ssize_t count = ::recv(descriptor, to, bytes_max, MSG_DONTWAIT);
  if (count > 0) return {IoStatus::kDone, static_cast<size_t>(count)};
  if (count == 0) return {IoStatus::kEnd, 0};
  return failed();
}

Io write_some(int descriptor, std::span<const std::string_view> pieces) {
  std::array<iovec, kPiecesMax> vectors;
  size_t count = 0;
  for (; count < pieces.size() && count < kPiecesMax; ++count)
    vectors[count] = {const_cast<char*>(pieces[count].data()), pieces[count].size()};
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = count;
  const ssize_t written = ::sendmsg(descriptor, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (written >= 0) return {IoStatus::kDone, static_cast<size_t>(written)};
  return failed();
}

Result<Accepted, int> accept_one(int listener) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  const int descriptor =
      ::accept4(listener, reinterpret_cast<sockaddr*>(&storage), &length, SOCK_NONBLOCK);
  if (descriptor < 0) return Error(errno);
  Accepted accepted;
  accepted.socket.descriptor = descriptor;
  accepted.socket.cookie = socket_cookie(descriptor);
  accepted.peer =
      SocketAddress::from(reinterpret_cast<const sockaddr*>(&storage)).value_or(SocketAddress{});
  return accepted;
}

Result<shm::SocketName, int> open_socket(const SocketAddress& address) {
  const int family = address.ip.is_v4() ? AF_INET : AF_INET6;
  const int descriptor = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP);
  if (descriptor < 0) return Error(errno);
  if (!set_counted_options(descriptor)) {
    const int code = errno;
    ::close(descriptor);
    return Error(code);
  }
  shm::SocketName name;
  name.descriptor = descriptor;
  name.cookie = socket_cookie(descriptor);
  return name;
}

int begin_connect(int descriptor, const SocketAddress& address) {
  sockaddr_storage storage{};
  const socklen_t length = address.to(storage);
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&storage), length) == 0) return 0;
  return errno;
}

int connect_outcome(int descriptor) {
  int outcome = 0;
  socklen_t length = sizeof outcome;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &outcome, &length) != 0) return errno;
  return outcome;
}

bool is_same_socket(const shm::SocketName& name) {
  return name.is_open() && name.descriptor >= 0 && socket_cookie(name.descriptor) == name.cookie;
}

void close_socket(const shm::SocketName& name) {
  if (is_same_socket(name)) ::close(name.descriptor);
}

}  // namespace loka::net
