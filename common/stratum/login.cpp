#include "common/stratum/login.h"

#include <cstring>

namespace loka::stratum {

LoginParts split_login(std::string_view login, std::span<const std::string> separators) {
  for (const std::string& separator : separators) {
    if (separator.empty()) continue;
    const size_t at = login.find(separator);
    if (at != std::string_view::npos)
      return {login.substr(0, at), login.substr(at + separator.size())};
  }
  return {{}, login};
}

std::string_view compose_login(std::string_view username, std::span<const std::string> separators,
                               std::string_view login, std::span<char> buffer) {
  if (username.empty()) return login;
  const std::string_view worker_name = split_login(login, separators).worker_name;
  if (worker_name.empty()) return username;
  size_t length = 0;
  const std::string_view separator = separators.empty() ? "." : std::string_view(separators[0]);
  for (const std::string_view part : {username, separator, worker_name}) {
    if (part.size() > buffer.size() - length) return {};
    if (!part.empty()) std::memcpy(buffer.data() + length, part.data(), part.size());
    length += part.size();
  }
  return {buffer.data(), length};
}

}  // namespace loka::stratum
