// One question to the service and its answer, over the control socket. Never waits longer than it
// was told to.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/control/message.h"

namespace loka::lokactl {

inline constexpr Duration kAnswerTimeout = Duration::seconds(5);

enum class AskError : uint8_t {
  kUsage,       // the socket's path cannot be one
  kNotRunning,  // nobody listens, or whoever does gives no answer
  kRefused,     // the service, or the system, says no
};

struct AskFailure {
  AskError error = AskError::kNotRunning;
  std::string sentence;
};

// Gives the answer's document as JSON text.
[[nodiscard]] Result<std::string, AskFailure> ask(const std::string& socket_path,
                                                  const control::Request& request,
                                                  Duration timeout = kAnswerTimeout);

}  // namespace loka::lokactl
