#include "worker/pool_positions.h"

#include <algorithm>
#include <array>
#include <memory>

#include "worker/upstream/pool_choice.h"

namespace loka::worker {
namespace {

using shm::kPoolsMax;
using shm::PoolLine;
using shm::ShareBlock;
using shm::Upstream;

void assign(PoolLine& to, const PoolLine& from) {
  const auto copy = [](auto& target, const auto& source) {
    target.store(source.load(std::memory_order_relaxed), std::memory_order_relaxed);
  };
  copy(to.identity, from.identity);
  copy(to.connections, from.connections);
  copy(to.serving, from.serving);
  copy(to.failures_in_row, from.failures_in_row);
  copy(to.last_success_ns, from.last_success_ns);
  copy(to.last_failure_ns, from.last_failure_ns);
  copy(to.refused, from.refused);
  to.submit_latency.assign(from.submit_latency);
}

void place_lines(std::array<PoolLine, kPoolsMax>& lines,
                 const std::array<uint64_t, kPoolsMax>& identities) {
  const auto before = std::make_unique<std::array<PoolLine, kPoolsMax>>();
  for (size_t i = 0; i < kPoolsMax; ++i) assign((*before)[i], lines[i]);
  const PoolLine empty;
  for (size_t i = 0; i < kPoolsMax; ++i) {
    const auto found = std::find_if(before->begin(), before->end(), [&](const PoolLine& line) {
      return identities[i] != 0 && line.identity.load() == identities[i];
    });
    assign(lines[i], found == before->end() ? empty : *found);
    lines[i].identity.store(identities[i], std::memory_order_relaxed);
  }
}

void place_shares(ShareBlock& shares, const std::array<uint64_t, kPoolsMax>& identities) {
  const auto before = shares.pools;
  for (size_t i = 0; i < kPoolsMax; ++i) {
    const auto found =
        std::find_if(before.begin(), before.end(), [&](const ShareBlock::PerPool& pool) {
          return identities[i] != 0 && pool.identity == identities[i];
        });
    shares.pools[i] = found == before.end() ? ShareBlock::PerPool{} : *found;
    shares.pools[i].identity = identities[i];
  }
}

}  // namespace

void place_pools(shm::Transaction& tx, const config::Config& config) {
  std::array<uint64_t, kPoolsMax> identities{};
  for (size_t i = 0; i < config.pools.size() && i < kPoolsMax; ++i)
    identities[i] = pool_identity(config.pools[i]);

  shm::Slot& slot = tx.store().slot();
  const bool is_unchanged =
      std::equal(identities.begin(), identities.end(), slot.pools.begin(),
                 [](uint64_t identity, const PoolLine& line) {
                   return line.identity.load(std::memory_order_relaxed) == identity;
                 });
  if (!is_unchanged) place_lines(slot.pools, identities);
  tx.begin();
  place_shares(tx.shares(), identities);
  tx.commit();

  auto& upstreams = tx.store().table<Upstream>();
  for (uint32_t index = 1; index <= upstreams.used(); ++index) {
    if (!upstreams.holds(index)) continue;
    Upstream& upstream = upstreams[index];
    const auto found = std::find(identities.begin(), identities.end(), upstream.pool_identity);
    upstream.pool = found == identities.end() ? shm::kNoPool
                                              : static_cast<uint16_t>(found - identities.begin());
  }
}

}  // namespace loka::worker
