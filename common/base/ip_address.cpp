#include "common/base/ip_address.h"

#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "common/base/check.h"

namespace loka {
namespace {

constexpr std::array<uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr size_t kV4Offset = kMappedPrefix.size();

// address: 4 bytes in network order
IpAddress mapped(const void* address) {
  IpAddress ip;
  std::memcpy(ip.bytes.data(), kMappedPrefix.data(), kMappedPrefix.size());
  std::memcpy(ip.bytes.data() + kV4Offset, address, 4);
  return ip;
}

}  // namespace

bool IpAddress::is_v4() const {
  return std::memcmp(bytes.data(), kMappedPrefix.data(), kMappedPrefix.size()) == 0;
}

std::string IpAddress::text() const {
  char buffer[INET6_ADDRSTRLEN];
  const char* written = is_v4()
                            ? ::inet_ntop(AF_INET, bytes.data() + kV4Offset, buffer, sizeof buffer)
                            : ::inet_ntop(AF_INET6, bytes.data(), buffer, sizeof buffer);
  CHECK(written != nullptr);
  return written;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  // inet_pton wants a C string; a NUL inside would hide what follows it.
  char buffer[INET6_ADDRSTRLEN];
  if (text.empty() || text.size() >= sizeof buffer || text.find('\0') != std::string_view::npos)
    return std::nullopt;
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';

  in_addr v4{};
  if (::inet_pton(AF_INET, buffer, &v4) == 1) return mapped(&v4);
  IpAddress ip;
  if (::inet_pton(AF_INET6, buffer, ip.bytes.data()) == 1) return ip;
  return std::nullopt;
}

std::string SocketAddress::text() const {
  const std::string host = ip.is_v4() ? ip.text() : "[" + ip.text() + "]";
  return host + ":" + std::to_string(port);
}

std::optional<SocketAddress> SocketAddress::from(const sockaddr* address) {
  // Copied, not cast: the caller's storage need not be aligned for the family's own struct.
  if (address == nullptr) return std::nullopt;
  if (address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof v4);
    return SocketAddress{mapped(&v4.sin_addr), ntohs(v4.sin_port)};
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof v6);
    SocketAddress result;
    std::memcpy(result.ip.bytes.data(), &v6.sin6_addr, result.ip.bytes.size());
    result.port = ntohs(v6.sin6_port);
    return result;
  }
  return std::nullopt;
}

unsigned SocketAddress::to(sockaddr_storage& storage) const {
  std::memset(&storage, 0, sizeof storage);
  if (ip.is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&v4.sin_addr, ip.bytes.data() + kV4Offset, 4);
    std::memcpy(&storage, &v4, sizeof v4);
    return sizeof v4;
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  std::memcpy(&v6.sin6_addr, ip.bytes.data(), ip.bytes.size());
  std::memcpy(&storage, &v6, sizeof v6);
  return sizeof v6;
}

}  // namespace loka
