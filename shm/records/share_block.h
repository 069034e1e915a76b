// A slot's share accounting: one block, one seqlock, written by the commit that moves a share, so
// that the sums hold in every snapshot. No figure in it is derived from the others.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "shm/records/hashrate.h"

namespace loka::shm {

inline constexpr size_t kPoolsMax = 16;

// submitted = accepted + local + rejected + stale + duplicate + low_difficulty + invalid +
//             unanswered + in_flight, always.
struct ShareBlock {
  uint64_t submitted = 0;
  uint64_t accepted = 0;  // the pool said yes
  uint64_t local = 0;     // valid, below the pool's difficulty
  uint64_t rejected = 0;  // the pool said no
  uint64_t stale = 0;     // refused here, like the three that follow
  uint64_t duplicate = 0;
  uint64_t low_difficulty = 0;
  uint64_t invalid = 0;
  uint64_t unanswered = 0;  // no verdict in time, or miner or pool connection had gone
  uint64_t in_flight = 0;
  uint64_t late_accepted = 0;  // verdicts after `unanswered`, counted beside it
  uint64_t late_rejected = 0;
  struct PerPool {
    uint64_t identity = 0;  // of the pool that stands at this position; 0: none
    uint64_t accepted = 0;
    uint64_t rejected = 0;
  };
  std::array<PerPool, kPoolsMax> pools{};  // by position in the configuration
  Hashrate hashrate;
};

static_assert(std::is_trivially_copyable_v<ShareBlock> && sizeof(ShareBlock) % 8 == 0);

}  // namespace loka::shm
