// client.reconnect: where a pool wants us to go. Stratum is plain text without authentication, and
// this message was used to steal hash rate (2014), so reading it and obeying it are two things.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/stratum/message.h"
#include "common/stratum/notify.h"

namespace loka::stratum {

inline constexpr Duration kReconnectWaitMax = Duration::seconds(300);

struct Reconnect {
  std::string_view host;         // empty: the same; at most 253 bytes
  std::optional<uint16_t> port;  // missing: the same
  Duration wait;                 // cut to kReconnectWaitMax
};

// params [host, port, wait], all optional; port and wait are numbers or strings.
[[nodiscard]] Result<Reconnect, NotificationError> read_reconnect(const Message& message);

// Whether a pool at `current` may send us to `wanted`: the same name, or one that differs in its
// first label only and has at least two labels after it. Never an IP address other than the same.
// Compared without case.
[[nodiscard]] bool may_reconnect_to(std::string_view current, std::string_view wanted);

}  // namespace loka::stratum
