// Which of our Methods a name on the wire means. Names are compared exactly; two families are wider
// on purpose, because a pool may read them more widely than we do.
#pragma once

#include <optional>
#include <string_view>

#include "common/stratum/message.h"

namespace loka::stratum {

// kAdministrative is everything that begins, in either case, with mining.passthrough, mining.node,
// mining.remote, mining.term or agent. (they turn a ckpool connection into a trusted link), and all
// that begins with mining.auth or mining.submit without being exactly the method: ckpool compares
// those prefixes only, so such a line would reach the pool as an authorize or a share whose login
// we never rewrote and which nobody counted.
[[nodiscard]] Method method_named(std::string_view name);

// The name that we send; empty for kNone, kAdministrative and kUnknown.
[[nodiscard]] std::string_view name_of(Method method);

// The difficulty that a suggest_difficulty asks for, from its first parameter or from inside its
// name, mining.suggest_difficulty(1024); nullopt if there is none that is positive and finite.
[[nodiscard]] std::optional<double> suggested_difficulty(const Message& message);

}  // namespace loka::stratum
