#include "common/config/config.h"

namespace loka::config {

std::string Endpoint::text() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

std::string Pool::url() const {
  return (tls ? "stratum+ssl://" : "stratum+tcp://") + address.text();
}

}  // namespace loka::config
