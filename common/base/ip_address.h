// An IPv4 or IPv6 address as 16 plain bytes, so that it can stand in a record and be compared.
// IPv4 is kept in its v4-mapped form (::ffff:a.b.c.d), as a dual-stack socket reports it.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sockaddr;
struct sockaddr_storage;

namespace loka {

struct IpAddress {
  std::array<uint8_t, 16> bytes{};

  auto operator<=>(const IpAddress&) const = default;
  [[nodiscard]] bool is_v4() const;
  // "10.0.3.17" or "2001:db8::1"
  [[nodiscard]] std::string text() const;
  // Reads what text() writes and every other spelling of such an address, without brackets, port or
  // zone; nullopt on anything else. "::ffff:10.0.3.17" is the IPv4 address 10.0.3.17.
  [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text);
};

// An address and a TCP port in host order.
struct SocketAddress {
  IpAddress ip;
  uint16_t port = 0;

  auto operator<=>(const SocketAddress&) const = default;
  // "10.0.3.17:3333" or "[2001:db8::1]:3333"
  [[nodiscard]] std::string text() const;
  // AF_INET and AF_INET6; nullopt on other families.
  [[nodiscard]] static std::optional<SocketAddress> from(const sockaddr* address);
  // Fills storage with AF_INET for v4 and AF_INET6 otherwise; returns the length to pass on.
  unsigned to(sockaddr_storage& storage) const;
};

}  // namespace loka
