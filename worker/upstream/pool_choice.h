// Which pool is which, and which of them a miner is given next: a pure choice from the order of the
// configuration, what this miner has tried already and what this engine knows of each pool.
#pragma once

#include <cstdint>

#include "worker/session/turn.h"

namespace loka::worker {

// tried: bit i is set when pool i failed for this miner since one last served it.
// Returns the first pool not tried that is not suspect, else the first not tried; the number of
// pools when all were tried.
[[nodiscard]] uint16_t choose_pool(uint32_t tried, const Turn& turn);

// A pool is its name and its address: with another user name it is still the same. Never 0.
[[nodiscard]] uint64_t pool_identity(const config::Pool& pool);

// Failed last, and lately.
[[nodiscard]] bool is_suspect(const shm::PoolLine& pool, Instant now);

}  // namespace loka::worker
