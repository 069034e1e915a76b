#include "supervisor/sd_notify.h"

#include <array>
#include <cstddef>
#include <cstring>
#include <string>

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "supervisor/file_descriptor.h"
#include "tests/unit/supervisor/temporary_directory.h"

using namespace loka;
using namespace loka::supervisor;

namespace {

// systemd's side of the socket.
class Listener {
 public:
  explicit Listener(const std::string& name) : socket_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    REQUIRE(bind(socket_.number(), reinterpret_cast<sockaddr*>(&address), length) == 0);
  }
  std::string next() const {
    std::array<char, 256> text{};
    const ssize_t length = recv(socket_.number(), text.data(), text.size(), MSG_DONTWAIT);
    return length < 0 ? "(nothing)" : std::string(text.data(), static_cast<size_t>(length));
  }

 private:
  FileDescriptor socket_;
};

}  // namespace

TEST_CASE("sd_notify: messages reach a socket with a path") {
  const TemporaryDirectory folder;
  const Listener systemd(folder.path() + "/notify");
  const SdNotify notify(folder.path() + "/notify", std::nullopt);
  notify.send("READY=1");
  CHECK(systemd.next() == "READY=1");
  notify.reloading(Instant::from_ns(12'345'678));
  CHECK(systemd.next() == "RELOADING=1\nMONOTONIC_USEC=12345");
}

TEST_CASE("sd_notify: messages reach an abstract socket") {
  const std::string name = "@loka-test-" + std::to_string(getpid());
  const Listener systemd(name);
  SdNotify(name, std::nullopt).send("STOPPING=1");
  CHECK(systemd.next() == "STOPPING=1");
}

TEST_CASE("sd_notify: without a usable name nothing is sent and there is no watchdog") {
  const std::string too_long(200, '/');
  for (const std::string& name :
       {std::string(), std::string("/"), std::string("relative"), too_long}) {
    const SdNotify notify(name, Duration::seconds(10));
    notify.send("READY=1");
    CHECK_FALSE(notify.watchdog_interval().has_value());
  }
}

TEST_CASE("sd_notify: a listener that has gone does no harm") {
  const SdNotify notify("/tmp/loka-nobody-listens-here", Duration::seconds(10));
  notify.send("READY=1");
  CHECK(notify.watchdog_interval() == Duration::seconds(5));
}

TEST_CASE("sd_notify: the watchdog is ours only if its pid is") {
  CHECK(watchdog_from("30000000", "42", 42) == Duration::seconds(30));
  CHECK(watchdog_from("30000000", nullptr, 42) == Duration::seconds(30));
  CHECK_FALSE(watchdog_from("30000000", "43", 42).has_value());
  CHECK_FALSE(watchdog_from(nullptr, "42", 42).has_value());
  for (const char* usec : {"", "0", "-5", "10s", "99999999999999999999", "9223372036854775807"}) {
    CHECK_FALSE(watchdog_from(usec, nullptr, 42).has_value());
  }
}
