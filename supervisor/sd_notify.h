// What systemd is told: one datagram per message to the socket it names in NOTIFY_SOCKET. Without
// that variable every call does nothing. See sd_notify(3); written here because it is forty lines.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/time.h"
#include "supervisor/file_descriptor.h"

namespace loka::supervisor {

class SdNotify {
 public:
  // From the environment of this process.
  SdNotify();
  // socket_name  a path, or '@' and an abstract name; empty: nobody listens
  explicit SdNotify(std::string_view socket_name, std::optional<Duration> watchdog);

  // Never blocks; a message that cannot be sent is lost, like all that nobody reads.
  void send(std::string_view message) const;
  // RELOADING=1 with the moment of it, as Type=notify-reload wants.
  void reloading(Instant now) const;
  // How often WATCHDOG=1 is due: half of what systemd allows. nullopt: no watchdog.
  [[nodiscard]] std::optional<Duration> watchdog_interval() const { return watchdog_interval_; }

 private:
  std::string socket_name_;
  FileDescriptor socket_;
  std::optional<Duration> watchdog_interval_;
};

// WATCHDOG_USEC as systemd gives it, WATCHDOG_PID checked; nullopt if it is not for this process.
[[nodiscard]] std::optional<Duration> watchdog_from(const char* usec, const char* pid,
                                                    long own_pid);

}  // namespace loka::supervisor
