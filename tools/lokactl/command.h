// One run of lokactl: asks, shows the answer, and says with which exit code to end.
#pragma once

#include <functional>
#include <string>

#include "common/base/result.h"
#include "common/control/message.h"
#include "tools/lokactl/client.h"

namespace loka::lokactl {

inline constexpr int kExitFine = 0;
inline constexpr int kExitRefused = 1;  // refused, or the service is degraded
inline constexpr int kExitUsage = 2;
inline constexpr int kExitNotRunning = 3;

// What main() and the tests give it: the way to the service, and where text goes.
struct World {
  std::function<Result<std::string, AskFailure>(const control::Request&)> ask;
  std::function<void(const std::string&)> out;  // standard output
  std::function<void(const std::string&)> err;  // standard error
};

struct Look {
  bool json = false;     // the document as it came, on one line
  bool colours = false;  // standard output is a terminal that wants them
};

[[nodiscard]] int run_once(const control::Request& request, const Look& look, const World& world);

// Whether `--watch` makes sense: asking again changes nothing.
[[nodiscard]] bool is_watchable(control::Verb verb);

// The text of one round of `--watch` on a terminal: drawn over the last one, without the flicker
// that clearing the screen first would give.
[[nodiscard]] std::string redrawn(const std::string& text);

}  // namespace loka::lokactl
