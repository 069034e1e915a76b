// The supervisor's only clock. Called where time enters: once per turn of the loop, and at
// start-up.
#pragma once

#include <ctime>

#include "common/base/time.h"

namespace loka::supervisor {

[[nodiscard]] inline Instant monotonic_now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return Instant::from_ns(int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec);
}

}  // namespace loka::supervisor
