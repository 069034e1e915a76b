// How long to wait before trying again: doubling with each failure in a row, up to a ceiling, and
// never at the same moment as everybody else. Pure: the caller counts failures and draws the random
// number.
#pragma once

#include <cstdint>

#include "common/base/time.h"

namespace loka::policy {

// The ceiling of the wait after that many failures in a row; nothing after none.
//   first  the ceiling after the first failure, above 0
//   max    at least `first`
[[nodiscard]] constexpr Duration backoff_ceiling(uint32_t failures, Duration first, Duration max) {
  if (failures == 0) return {};
  Duration wait = first;
  for (uint32_t n = 1; n < failures && wait < max; ++n) wait = wait + wait;
  return wait < max ? wait : max;
}

// Between half of that ceiling and all of it, spread evenly by `random`, of which every bit should
// be random. Half, because a wait near zero would make a storm of the failure that it answers.
[[nodiscard]] constexpr Duration backoff(uint32_t failures, Duration first, Duration max,
                                         uint64_t random) {
  const int64_t ceiling = backoff_ceiling(failures, first, max).ns();
  const int64_t half = ceiling / 2;
  const auto spread = static_cast<uint64_t>(ceiling - half);
  return Duration::nanoseconds(half + static_cast<int64_t>(random % (spread + 1)));
}

}  // namespace loka::policy
