#include "worker/descriptors.h"

#include <cerrno>
#include <climits>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace loka::worker {

namespace {

constexpr char kNewLogByte = 'L';

int descriptor_in(msghdr& message) {
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS ||
      header->cmsg_len != CMSG_LEN(sizeof(int))) {
    return -1;
  }
  int descriptor = -1;
  std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
  return descriptor;
}

}  // namespace

void close_all_but(std::span<const int> kept) {
  unsigned first = STDERR_FILENO + 1;
  for (;;) {
    unsigned next = UINT_MAX;  // the smallest kept number from `first` on
    for (const int number : kept) {
      const auto candidate = static_cast<unsigned>(number);
      if (number >= 0 && candidate >= first && candidate < next) next = candidate;
    }
    if (next > first) close_range(first, next - 1, 0);
    if (next == UINT_MAX) return;
    first = next + 1;
  }
}

ChannelMessage receive_message(int channel, int& descriptor) {
  char byte = 0;
  iovec data{&byte, 1};
  // Room for exactly one descriptor, so without CMSG_SPACE's padding, which would let a second one
  // in: the kernel discards what else is sent.
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = CMSG_LEN(sizeof(int));
  const ssize_t bytes = recvmsg(channel, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (bytes < 0) {
    return errno == EAGAIN || errno == EINTR ? ChannelMessage::kNone : ChannelMessage::kGone;
  }
  if (bytes == 0) return ChannelMessage::kGone;
  descriptor = descriptor_in(message);
  if (byte == kNewLogByte && descriptor >= 0) return ChannelMessage::kNewLog;
  if (descriptor >= 0) close(descriptor);
  return ChannelMessage::kNone;
}

bool is_channel_closed(int channel) {
  pollfd waited{.fd = channel, .events = POLLRDHUP, .revents = 0};
  return poll(&waited, 1, 0) == 1 && (waited.revents & (POLLHUP | POLLRDHUP | POLLNVAL)) != 0;
}

}  // namespace loka::worker
