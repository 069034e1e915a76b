#include "common/stratum/method.h"

#include <array>

#include "common/json/number.h"

namespace loka::stratum {
namespace {

struct Named {
  std::string_view name;
  Method method;
};

// In the order of their frequency: submits come in thousands for each of the others.
constexpr std::array<Named, 19> kMethods = {{
    {"mining.submit", Method::kSubmit},
    {"mining.notify", Method::kNotify},
    {"mining.set_difficulty", Method::kSetDifficulty},
    {"mining.subscribe", Method::kSubscribe},
    {"mining.authorize", Method::kAuthorize},
    {"mining.configure", Method::kConfigure},
    {"mining.extranonce.subscribe", Method::kExtranonceSubscribe},
    {"mining.suggest_difficulty", Method::kSuggestDifficulty},
    {"mining.suggest_target", Method::kSuggestTarget},
    {"mining.get_transactions", Method::kGetTransactions},
    {"mining.ping", Method::kPing},
    {"mining.pong", Method::kPong},
    {"pong", Method::kPong},
    {"mining.set_target", Method::kSetTarget},
    {"mining.set_extranonce", Method::kSetExtranonce},
    {"mining.set_version_mask", Method::kSetVersionMask},
    {"client.reconnect", Method::kReconnect},
    {"client.get_version", Method::kGetVersion},
    {"client.show_message", Method::kShowMessage},
}};

constexpr std::array<std::string_view, 7> kAdministrativePrefixes = {
    "mining.passthrough", "mining.node",   "mining.remote", "mining.term", "agent.",
    "mining.auth",        "mining.submit",
};

constexpr std::string_view kSuggestWithValue = "mining.suggest_difficulty(";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// prefix is lower case.
bool begins_with(std::string_view name, std::string_view prefix) {
  if (name.size() < prefix.size()) return false;
  for (size_t i = 0; i < prefix.size(); ++i)
    if (lower(name[i]) != prefix[i]) return false;
  return true;
}

}  // namespace

Method method_named(std::string_view name) {
  for (const Named& known : kMethods)
    if (known.name == name) return known.method;
  if (name.starts_with(kSuggestWithValue)) return Method::kSuggestDifficulty;
  for (const std::string_view prefix : kAdministrativePrefixes)
    if (begins_with(name, prefix)) return Method::kAdministrative;
  return Method::kUnknown;
}

std::string_view name_of(Method method) {
  for (const Named& known : kMethods)
    if (known.method == method) return known.name;
  return {};
}

std::optional<double> suggested_difficulty(const Message& message) {
  std::string_view digits = message.param[0].text;
  if (message.method_name.starts_with(kSuggestWithValue)) {
    digits = message.method_name.substr(kSuggestWithValue.size());
    digits = digits.substr(0, digits.find(')'));
  }
  const std::optional<double> difficulty = json::to_double(digits);
  return difficulty && *difficulty > 0 ? difficulty : std::nullopt;
}

}  // namespace loka::stratum
