#include "common/config/address.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "common/base/ip_address.h"

namespace loka::config {

namespace {

struct Scheme {
  std::string_view name;
  bool tls;
};
constexpr std::array<Scheme, 7> kSchemes{{{"stratum+tcp", false},
                                          {"tcp", false},
                                          {"http", false},
                                          {"stratum+ssl", true},
                                          {"stratum+tls", true},
                                          {"stratums", true},
                                          {"ssl", true}}};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= 63 &&
         std::all_of(label.begin(), label.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_';
         });
}

}  // namespace

Result<uint16_t, Fault> parse_port(std::string_view text) {
  unsigned port = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, failed] = std::from_chars(text.data(), end, port);
  if (failed != std::errc{} || stopped != end || port == 0 || port > 65535) {
    return Error(Fault{"'" + std::string(text) + "' is not a port", "write 1 to 65535"});
  }
  return static_cast<uint16_t>(port);
}

Result<Endpoint, Fault> parse_endpoint(std::string_view text) {
  std::string_view host;
  std::string_view rest;
  if (text.starts_with('[')) {
    const size_t close = text.find(']');
    if (close == std::string_view::npos) {
      return Error(Fault{"has a '[' without a ']'", "write [address]:port"});
    }
    host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
  } else {
    const size_t colon = text.find(':');
    host = text.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
    if (rest.find(':', 1) != std::string_view::npos) {
      return Error(Fault{"'" + std::string(text) + "' has more than one colon",
                         "an IPv6 address goes into brackets: [2001:db8::1]:3333"});
    }
  }
  if (host.empty()) return Error(Fault{"has no host", "write host:port"});
  if (rest.size() < 2 || rest.front() != ':') {
    return Error(Fault{"'" + std::string(text) + "' has no port", "write host:port"});
  }
  auto port = parse_port(rest.substr(1));
  if (!port) return Error(std::move(port.error()));
  return Endpoint{std::string(host), *port};
}

Result<PoolUrl, Fault> parse_pool_url(std::string_view text) {
  PoolUrl url;
  if (const size_t colons = text.find("://"); colons != std::string_view::npos) {
    const std::string wanted = lower(text.substr(0, colons));
    const auto* const known = std::find_if(kSchemes.begin(), kSchemes.end(),
                                           [&](const Scheme& s) { return s.name == wanted; });
    if (known == kSchemes.end()) {
      return Error(
          Fault{"'" + wanted + "' is not a scheme of Stratum V1", "write stratum+tcp://host:port"});
    }
    url.tls = known->tls;
    text = text.substr(colons + 3);
  }
  text = text.substr(0, text.find_first_of("/?#"));
  if (text.find('@') != std::string_view::npos) {
    return Error(Fault{"names a user", "put it under username: and password:"});
  }
  auto address = parse_endpoint(text);
  if (!address) {
    Fault fault = std::move(address.error());
    if (fault.mend == "write host:port") fault.mend = "write stratum+tcp://host:port";
    return Error(std::move(fault));
  }
  url.address = std::move(*address);
  return url;
}

bool is_host(std::string_view host) {
  if (IpAddress::parse(host)) return true;
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty()) return false;
  bool is_numeric = true;  // "10.0.0.300" is a mistyped address, not a name
  for (size_t begin = 0; begin <= host.size();) {
    const size_t end = std::min(host.find('.', begin), host.size());
    const std::string_view label = host.substr(begin, end - begin);
    if (!is_label(label)) return false;
    is_numeric = label.find_first_not_of("0123456789") == std::string_view::npos;
    begin = end + 1;
  }
  return !is_numeric;
}

}  // namespace loka::config
