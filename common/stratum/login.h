// A login is account + worker_name, as pools say it. The miner chooses the second, the operator may
// replace the first.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace loka::stratum {

struct LoginParts {
  std::string_view account;
  std::string_view worker_name;
};

// The separators are tried in their order; the first that occurs divides the login at its first
// place. A login without one is a worker name. Empty separators are passed over.
[[nodiscard]] LoginParts split_login(std::string_view login,
                                     std::span<const std::string> separators);

// The name that the pool gets: username, first separator, the miner's worker name. "farm" makes
// "farm.rig7" of "anything.rig7" and of "rig7", and "farm" of a miner without a worker name. An
// empty username leaves the miner's login as it is. buffer: at least the length of username, the
// first separator and login together, which is what the result may need.
// Returns a view of the buffer or of one of the arguments; empty if the buffer is too small.
[[nodiscard]] std::string_view compose_login(std::string_view username,
                                             std::span<const std::string> separators,
                                             std::string_view login, std::span<char> buffer);

}  // namespace loka::stratum
