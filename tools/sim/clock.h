// The simulator's own clock; unlike the worker it measures and so asks for the time where it needs
// it, never inside its pure parts.
#pragma once

#include <cstdint>

#include "common/base/time.h"

namespace loka::sim {

[[nodiscard]] Instant now();
// Seconds since 1970.
[[nodiscard]] uint32_t unix_time();

}  // namespace loka::sim
