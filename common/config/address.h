// "host:port" and pool URLs, read strictly; whether a host means anything is for validate() to say.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/config/config.h"

namespace loka::config {

// What is wrong with one value and how to mend it.
struct Fault {
  std::string what;
  std::string mend;
};

// A port from 1 to 65535, digits only.
[[nodiscard]] Result<uint16_t, Fault> parse_port(std::string_view text);

// "host:port" or "[ipv6]:port".
[[nodiscard]] Result<Endpoint, Fault> parse_endpoint(std::string_view text);

struct PoolUrl {
  Endpoint address;
  bool tls = false;
};

// Every scheme that miners' and pools' pages use: stratum+tcp, tcp, http or none for plain;
// stratum+ssl, stratum+tls, stratums, ssl for TLS. What follows the port ("/#xnsub") is ignored.
[[nodiscard]] Result<PoolUrl, Fault> parse_pool_url(std::string_view text);

// Whether it can be a host: an IPv4 or IPv6 address without brackets, or a name of letters, digits,
// '-', '_' and dots with labels of 1 to 63 bytes.
[[nodiscard]] bool is_host(std::string_view host);

}  // namespace loka::config
