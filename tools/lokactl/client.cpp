#include "tools/lokactl/client.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/control/frame.h"

namespace loka::lokactl {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kConnectRetryMs = 20;  // while the service's queue of connections is full

// The socket of one question; every step ends at the deadline.
class Connection {
 public:
  Connection(std::string path, Duration timeout)
      : path_(std::move(path)),
        timeout_(timeout),
        deadline_(Clock::now() + std::chrono::nanoseconds(timeout.ns())) {}
  ~Connection() {
    if (socket_ >= 0) ::close(socket_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Result<void, AskFailure> open() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.empty() || path_.size() >= sizeof address.sun_path) {
      return Error(AskFailure{AskError::kUsage, "'" + path_ + "' cannot be a socket's path"});
    }
    std::memcpy(address.sun_path, path_.data(), path_.size());
    socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) return Error(system_failure("socket", errno));
    while (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      if (errno != EAGAIN && errno != EINTR) return Error(connect_failure(errno));
      if (left_ms() == 0) return Error(no_answer());
      ::poll(nullptr, 0, kConnectRetryMs);
    }
    return {};
  }

  Result<void, AskFailure> send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent >= 0) {
        bytes.remove_prefix(static_cast<size_t>(sent));
      } else if (errno == EPIPE || errno == ECONNRESET) {
        return {};  // a refusal may still be waiting to be read
      } else if (errno == EAGAIN) {
        if (auto ready = wait(POLLOUT); !ready) return ready;
      } else if (errno != EINTR) {
        return Error(system_failure("send", errno));
      }
    }
    return {};
  }

  Result<std::string, AskFailure> receive() {
    control::FrameReader reader;
    std::array<char, 64 * 1024> chunk{};
    for (;;) {
      auto payload = reader.next();
      if (!payload) return Error(broken("an answer that is none"));
      if (*payload) return std::move(**payload);
      const ssize_t got = ::recv(socket_, chunk.data(), chunk.size(), 0);
      if (got > 0) {
        reader.feed({chunk.data(), static_cast<size_t>(got)});
      } else if (got == 0 || errno == ECONNRESET) {
        return Error(broken("no answer, but closed the connection"));
      } else if (errno == EAGAIN) {
        if (auto ready = wait(POLLIN); !ready) return Error(std::move(ready.error()));
      } else if (errno != EINTR) {
        return Error(system_failure("recv", errno));
      }
    }
  }

 private:
  [[nodiscard]] int left_ms() const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now());
    return left.count() > 0 ? static_cast<int>(left.count()) : 0;
  }

  Result<void, AskFailure> wait(short events) {
    pollfd watched{socket_, events, 0};
    const int left = left_ms();
    if (left == 0 || ::poll(&watched, 1, left) == 0) return Error(no_answer());
    return {};
  }

  [[nodiscard]] AskFailure connect_failure(int code) const {
    if (code == ENOENT || code == ECONNREFUSED || code == ENOTDIR) {
      return {AskError::kNotRunning, "the service is not running: nobody listens at " + path_ +
                                         "; start it with 'systemctl start loka-stratum', or name "
                                         "its socket with --socket"};
    }
    if (code == EACCES || code == EPERM) {
      return {AskError::kRefused, "you may not talk to the service at " + path_ +
                                      "; run this as root or as the service's own user"};
    }
    return system_failure("connect " + path_, code);
  }

  [[nodiscard]] static AskFailure system_failure(std::string operation, int code) {
    return {AskError::kNotRunning, SystemError{std::move(operation), code}.text()};
  }
  [[nodiscard]] AskFailure no_answer() const {
    return {AskError::kNotRunning, "the service at " + path_ + " gave no answer within " +
                                       std::to_string(timeout_.ms()) +
                                       " ms; its log may say why: journalctl -u loka-stratum"};
  }
  [[nodiscard]] AskFailure broken(const std::string& what) const {
    return {AskError::kNotRunning, "the service at " + path_ + " gave " + what};
  }

  std::string path_;
  Duration timeout_;
  Clock::time_point deadline_;
  int socket_ = -1;
};

}  // namespace

Result<std::string, AskFailure> ask(const std::string& socket_path, const control::Request& request,
                                    Duration timeout) {
  Connection connection(socket_path, timeout);
  if (auto opened = connection.open(); !opened) return Error(std::move(opened.error()));
  auto sent = connection.send(control::encode_frame(control::encode_request(request)));
  if (!sent) return Error(std::move(sent.error()));
  auto received = connection.receive();
  if (!received) return Error(std::move(received.error()));
  auto document = control::decode_answer(*received);
  if (document) return std::move(*document);
  if (document.error().is_malformed) {
    return Error(AskFailure{
        AskError::kNotRunning,
        "whoever listens at " + socket_path + " is not the service: " + document.error().sentence});
  }
  return Error(AskFailure{AskError::kRefused, document.error().sentence});
}

}  // namespace loka::lokactl
