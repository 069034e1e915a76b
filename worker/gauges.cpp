#include "worker/gauges.h"

namespace loka::worker {

void Gauges::count_session(Counted& was, bool is_open, bool is_authorized) {
  if (was.session != is_open) is_open ? ++sessions_ : --sessions_;
  if (was.authorized != is_authorized) is_authorized ? ++authorized_ : --authorized_;
  was.session = is_open;
  was.authorized = is_authorized;
}

void Gauges::count_pool(Counted& was, uint16_t pool, bool serves) {
  if (pool >= shm::kPoolsMax) pool = shm::kNoPool;
  if (was.pool == pool && was.serves == serves) return;
  if (was.pool != shm::kNoPool) {
    --connections_[was.pool];
    if (was.serves) --serving_[was.pool];
  }
  if (pool != shm::kNoPool) {
    ++connections_[pool];
    if (serves) ++serving_[pool];
  }
  was.pool = pool;
  was.serves = serves;
}

void Gauges::publish(shm::Slot& slot) const {
  slot.engine.sessions.store(sessions_, std::memory_order_relaxed);
  slot.engine.authorized.store(authorized_, std::memory_order_relaxed);
  for (size_t pool = 0; pool < shm::kPoolsMax; ++pool) {
    slot.pools[pool].connections.store(connections_[pool], std::memory_order_relaxed);
    slot.pools[pool].serving.store(serving_[pool], std::memory_order_relaxed);
  }
}

}  // namespace loka::worker
