#include "common/stratum/reconnect.h"

#include <algorithm>

#include "common/base/ip_address.h"
#include "common/json/number.h"

namespace loka::stratum {
namespace {

constexpr size_t kHostBytesMax = 253;  // RFC 1035 names

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

// Behind the first label; empty if there is no second.
std::string_view parent_of(std::string_view host) {
  const size_t dot = host.find('.');
  return dot == std::string_view::npos ? std::string_view{} : host.substr(dot + 1);
}

// Missing, null and "" are nothing; nullopt if there is something that is no number up to max.
std::optional<std::optional<int64_t>> optional_number(const Value& value, int64_t max) {
  if (value.is_null() || (value.type == Type::kString && value.text.empty()))
    return std::optional<int64_t>();
  if (value.type != Type::kNumber && value.type != Type::kString) return std::nullopt;
  const std::optional<double> number = json::to_double(value.text);
  if (!number || *number < 0) return std::nullopt;
  return std::optional<int64_t>(
      *number >= static_cast<double>(max) ? max : static_cast<int64_t>(*number));
}

}  // namespace

Result<Reconnect, NotificationError> read_reconnect(const Message& message) {
  const Value& host = message.param[0];
  if (!host.is_null() && host.type != Type::kString) return Error(NotificationError::kWrongType);
  if (host.text.size() > kHostBytesMax) return Error(NotificationError::kOutOfRange);
  constexpr int64_t kBeyondPorts = 65536;
  const auto port = optional_number(message.param[1], kBeyondPorts);
  const auto wait = optional_number(message.param[2], kReconnectWaitMax.ms() / 1000);
  if (!port || !wait || *port == 0 || *port == kBeyondPorts)
    return Error(NotificationError::kOutOfRange);
  Reconnect target{host.text, std::nullopt, Duration::seconds(wait->value_or(0))};
  if (*port) target.port = static_cast<uint16_t>(**port);
  return target;
}

bool may_reconnect_to(std::string_view current, std::string_view wanted) {
  if (wanted.empty() || is_same(current, wanted)) return true;
  if (IpAddress::parse(current) || IpAddress::parse(wanted)) return false;
  const std::string_view parent = parent_of(current);
  return parent_of(parent).size() > 0 && is_same(parent, parent_of(wanted));
}

}  // namespace loka::stratum
