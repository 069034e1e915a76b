#include "supervisor/sd_notify.h"

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace loka::supervisor {
namespace {

std::optional<int64_t> number(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value <= 0) return std::nullopt;
  return value;
}

const char* socket_from_environment() {
  const char* name = std::getenv("NOTIFY_SOCKET");
  return name == nullptr ? "" : name;
}

}  // namespace

std::optional<Duration> watchdog_from(const char* usec, const char* pid, long own_pid) {
  if (usec == nullptr) return std::nullopt;
  if (pid != nullptr && number(pid) != int64_t{own_pid}) return std::nullopt;
  const auto value = number(usec);
  if (!value || *value > INT64_MAX / 1000) return std::nullopt;
  return Duration::microseconds(*value);
}

SdNotify::SdNotify()
    : SdNotify(socket_from_environment(),
               watchdog_from(std::getenv("WATCHDOG_USEC"), std::getenv("WATCHDOG_PID"), getpid())) {
}

SdNotify::SdNotify(std::string_view socket_name, std::optional<Duration> watchdog)
    : socket_name_(socket_name) {
  if (socket_name_.size() < 2 || socket_name_.size() > sizeof(sockaddr_un::sun_path) ||
      (socket_name_[0] != '/' && socket_name_[0] != '@')) {
    return;
  }
  socket_ = FileDescriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (watchdog) watchdog_interval_ = *watchdog / 2;
}

void SdNotify::send(std::string_view message) const {
  if (!socket_.is_open()) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_name_.data(), socket_name_.size());
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';  // abstract
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_name_.size());
  sendto(socket_.number(), message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
         reinterpret_cast<const sockaddr*>(&address), length);
}

void SdNotify::reloading(Instant now) const {
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.ns() / 1000));
}

}  // namespace loka::supervisor
