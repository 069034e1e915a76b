// The one reading of CLOCK_MONOTONIC in this process; pure code is given its result.
#pragma once

#include <ctime>

#include "common/base/time.h"

namespace loka::worker {

[[nodiscard]] inline Instant monotonic_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return Instant::from_ns(int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec);
}

}  // namespace loka::worker
