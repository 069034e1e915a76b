// Hashrate from accepted difficulty, as three exponentially decaying sums. A plain record: the
// engine adds, anybody may read. Windows of 1 m, 5 m and 1 h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "common/base/time.h"

namespace loka::shm {

inline constexpr std::array<double, 3> kHashrateWindowsS{60.0, 300.0, 3600.0};

struct Hashrate {
  std::array<double, 3> difficulty_sum{};  // decayed to `updated`
  int64_t started_ns = 0;                  // first share; 0: none yet
  int64_t updated_ns = 0;

  // One accepted share of this difficulty at `now`.
  void add(double difficulty, Instant now);
  // Hashes per second over window i, decayed to `now`; the start-up bias is taken out, so that a
  // miner of two minutes shows its true 1 h rate. 0 before the first share.
  [[nodiscard]] double hs(size_t window, Instant now) const;
};

}  // namespace loka::shm
