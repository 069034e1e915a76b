#include "worker/upstream/pool_choice.h"

namespace loka::worker {

uint64_t pool_identity(const config::Pool& pool) {
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  const auto add = [&hash](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    hash = (hash ^ 0xff) * 0x100000001b3;
  };
  add(pool.name);
  add(pool.url());
  return hash == 0 ? 1 : hash;
}

bool is_suspect(const shm::PoolLine& pool, Instant now) {
  const int64_t failed_ns = pool.last_failure_ns.load(std::memory_order_relaxed);
  return failed_ns != 0 && pool.failures_in_row.load(std::memory_order_relaxed) > 0 &&
         now - Instant::from_ns(failed_ns) < kPoolSuspectFor;
}

uint16_t choose_pool(uint32_t tried, const Turn& turn) {
  const auto count = static_cast<uint16_t>(turn.config.pools.size());
  uint16_t fallback = count;
  for (uint16_t pool = 0; pool < count; ++pool) {
    if ((tried >> pool & 1U) != 0) continue;
    if (!is_suspect(turn.pools[pool], turn.now)) return pool;
    if (fallback == count) fallback = pool;
  }
  return fallback;
}

}  // namespace loka::worker
