#include "tools/sim/clock.h"

#include <ctime>

namespace loka::sim {

Instant now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return Instant::from_ns(int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec);
}

uint32_t unix_time() { return static_cast<uint32_t>(::time(nullptr)); }

}  // namespace loka::sim
