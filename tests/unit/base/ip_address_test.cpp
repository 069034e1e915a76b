#include "common/base/ip_address.h"

#include <cstring>

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

using loka::IpAddress;
using loka::SocketAddress;

namespace {

std::string round_trip(std::string_view text) {
  const auto ip = IpAddress::parse(text);
  return ip ? ip->text() : "refused";
}

}  // namespace

TEST_CASE("ip address: text goes there and back") {
  CHECK(round_trip("10.0.3.17") == "10.0.3.17");
  CHECK(round_trip("0.0.0.0") == "0.0.0.0");
  CHECK(round_trip("2001:db8::1") == "2001:db8::1");
  CHECK(round_trip("::") == "::");
  CHECK(round_trip("2001:0DB8:0:0::1") == "2001:db8::1");
}

TEST_CASE("ip address: IPv4 and its v4-mapped spelling are one address") {
  CHECK(IpAddress::parse("::ffff:10.0.3.17") == IpAddress::parse("10.0.3.17"));
  CHECK(IpAddress::parse("10.0.3.17")->is_v4());
  CHECK_FALSE(IpAddress::parse("::1")->is_v4());
}

TEST_CASE("ip address: what is no address is refused") {
  for (const std::string_view text :
       {"", "10.0.3", "10.0.3.256", "10.0.3.17:3333", "[::1]", "fe80::1%eth0", "pool.example.com",
        "1:2:3:4:5:6:7:8:9", " 10.0.0.1"})
    CHECK_MESSAGE(!IpAddress::parse(text), text);
  CHECK_FALSE(IpAddress::parse(std::string_view("10.0.0.1\0x", 10)).has_value());
  CHECK_FALSE(IpAddress::parse(std::string(500, '1')).has_value());
}

TEST_CASE("socket address: both families survive the way through sockaddr") {
  for (const std::string_view host : {"192.0.2.7", "2001:db8::7"}) {
    const SocketAddress address{*IpAddress::parse(host), 3333};
    sockaddr_storage storage;
    const unsigned length = address.to(storage);
    CHECK(length == (address.ip.is_v4() ? sizeof(sockaddr_in) : sizeof(sockaddr_in6)));
    sockaddr plain;
    std::memcpy(&plain, &storage, sizeof plain);
    CHECK(plain.sa_family == (address.ip.is_v4() ? AF_INET : AF_INET6));
    CHECK(SocketAddress::from(reinterpret_cast<const sockaddr*>(&storage)) == address);
  }
}

TEST_CASE("socket address: text shows where the host ends") {
  CHECK(SocketAddress{*IpAddress::parse("10.0.3.17"), 3333}.text() == "10.0.3.17:3333");
  CHECK(SocketAddress{*IpAddress::parse("2001:db8::1"), 700}.text() == "[2001:db8::1]:700");
}

TEST_CASE("socket address: another family is none") {
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  CHECK_FALSE(SocketAddress::from(reinterpret_cast<const sockaddr*>(&local)).has_value());
  CHECK_FALSE(SocketAddress::from(nullptr).has_value());
}
