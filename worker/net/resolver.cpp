#include "worker/net/resolver.h"

#include <algorithm>

namespace loka::net {

struct Resolver::Name {
  uv_getaddrinfo_t request{};
  config::Endpoint endpoint;
  std::vector<SocketAddress> addresses;
  Instant asked;
  bool was_asked = false;
  bool is_asking = false;
  bool has_failed = false;
};

Resolver::Resolver(uv_loop_t* loop) : loop_(loop) {}
Resolver::~Resolver() = default;

Resolver::Answer Resolver::address(const config::Endpoint& endpoint, uint32_t turn, Instant now,
                                   SocketAddress& address) {
  if (const auto literal = IpAddress::parse(endpoint.host)) {
    address = {*literal, endpoint.port};
    return Answer::kKnown;
  }
  auto found = std::find_if(names_.begin(), names_.end(),
                            [&endpoint](const auto& name) { return name->endpoint == endpoint; });
  if (found == names_.end()) {
    if (names_.size() >= kNamesMax) return Answer::kFailed;
    found = names_.insert(names_.end(), std::make_unique<Name>());
    (*found)->endpoint = endpoint;
  }
  Name& name = **found;
  const Duration patience = name.addresses.empty() ? kResolveRetryAfter : kResolveAgainAfter;
  if (!name.is_asking && (!name.was_asked || now - name.asked >= patience)) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    name.request.data = &name;
    name.asked = now;
    name.was_asked = true;
    name.is_asking = uv_getaddrinfo(loop_, &name.request, on_resolved, name.endpoint.host.c_str(),
                                    nullptr, &hints) == 0;
    if (!name.is_asking) name.has_failed = true;
  }
  if (!name.addresses.empty()) {
    address = name.addresses[turn % name.addresses.size()];
    return Answer::kKnown;
  }
  return name.is_asking || !name.has_failed ? Answer::kPending : Answer::kFailed;
}

void Resolver::on_resolved(uv_getaddrinfo_t* request, int status, addrinfo* result) {
  auto& name = *static_cast<Name*>(request->data);
  name.is_asking = false;
  name.has_failed = status != 0;
  if (status == 0) {
    std::vector<SocketAddress> addresses;
    for (const addrinfo* at = result; at != nullptr && addresses.size() < kAddressesPerNameMax;
         at = at->ai_next) {
      auto address = SocketAddress::from(at->ai_addr);
      if (!address) continue;
      address->port = name.endpoint.port;
      if (std::find(addresses.begin(), addresses.end(), *address) == addresses.end())
        addresses.push_back(*address);
    }
    if (!addresses.empty()) name.addresses = std::move(addresses);
  }
  uv_freeaddrinfo(result);
}

}  // namespace loka::net
