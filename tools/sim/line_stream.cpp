#include "tools/sim/line_stream.h"

#include <cerrno>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

namespace loka::sim {

LineStream::LineStream(LineStream&& other) noexcept { *this = std::move(other); }

LineStream& LineStream::operator=(LineStream&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(partial_, other.partial_);
  std::swap(output_, other.output_);
  std::swap(sent_, other.sent_);
  return *this;
}

long LineStream::receive(std::span<char> scratch) const {
  const ssize_t size = ::recv(descriptor_, scratch.data(), scratch.size(), 0);
  if (size >= 0) return size;
  return errno == EAGAIN || errno == EINTR ? kNothing : -1;
}

bool LineStream::flush() {
  while (has_output()) {
    const ssize_t size =
        ::send(descriptor_, output_.data() + sent_, output_.size() - sent_, MSG_NOSIGNAL);
    if (size < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN && output_.size() - sent_ <= kOutputBytesMax;
    }
    sent_ += static_cast<size_t>(size);
  }
  output_.clear();
  sent_ = 0;
  return true;
}

void LineStream::shut_down_sending() { ::shutdown(descriptor_, SHUT_WR); }

void LineStream::reset_on_close() {
  const linger at_once{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void LineStream::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  partial_.clear();
  output_.clear();
  sent_ = 0;
}

}  // namespace loka::sim
