#include "supervisor/totals.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "common/base/check.h"
#include "common/base/utf8.h"
#include "supervisor/pool_totals.h"

namespace loka::supervisor {
namespace {

// U+FFFD is three bytes, so a text of bad bytes may grow threefold.
constexpr size_t kGrowth = 3;

double finite(double value) { return std::isfinite(value) && value > 0 ? value : 0; }

double hashrate(const shm::Hashrate& record, size_t window, Instant now) {
  return finite(record.hs(window, now));
}

control::HashrateHs hashrates(const shm::Hashrate& record, Instant now) {
  return {hashrate(record, 0, now), hashrate(record, 1, now), hashrate(record, 2, now)};
}

// Seconds from a moment in foreign memory until now; never negative.
double age_s(int64_t then_ns, Instant now) {
  if (then_ns <= 0 || then_ns > now.ns()) return 0;
  return (now - Instant::from_ns(then_ns)).s();
}

std::string_view state_name(shm::SlotState state) {
  switch (state) {
    case shm::SlotState::kStarting:
      return "starting";
    case shm::SlotState::kRecovering:
      return "recovering";
    case shm::SlotState::kServing:
      return "serving";
    case shm::SlotState::kBackoff:
      return "backoff";
    case shm::SlotState::kFailed:
      return "failed";
    case shm::SlotState::kStopping:
      return "stopping";
  }
  return "failed";  // no keeper of ours wrote that
}

uint32_t sessions_of(const shm::Slot& slot) {
  return std::min(slot.engine.sessions.load(std::memory_order_relaxed), shm::kMinerRowsMax);
}

uint32_t authorized_of(const shm::Slot& slot) {
  return std::min(slot.engine.authorized.load(std::memory_order_relaxed), shm::kMinerRowsMax);
}

std::string worker_state(const ServiceView& service, const SlotView& slot) {
  if (service.is_stopping) return "stopping";
  if (slot.keeper_pid == 0) return slot.was_ever_started ? "backoff" : "starting";
  const auto& line = slot.memory->keeper;
  if (line.keeper_pid.load(std::memory_order_relaxed) != static_cast<uint32_t>(slot.keeper_pid)) {
    return "starting";  // the line is still its predecessor's
  }
  // The keeper notices some milliseconds later than the engine.
  if (engine_serves(slot)) return "serving";
  return std::string(state_name(line.state.load(std::memory_order_relaxed)));
}

control::WorkerEntry worker_entry(const ServiceView& service, const SlotView& slot, Instant now) {
  const auto& keeper = slot.memory->keeper;
  const bool runs = slot.keeper_pid != 0;
  control::WorkerEntry entry;
  entry.slot = slot.number;
  entry.state = worker_state(service, slot);
  entry.keeper_pid = static_cast<uint32_t>(slot.keeper_pid);
  entry.engine_pid = runs ? keeper.engine_pid.load(std::memory_order_relaxed) : 0;
  entry.epoch = keeper.epoch.load(std::memory_order_relaxed);
  entry.sessions = sessions_of(*slot.memory);
  entry.deaths = keeper.deaths.load(std::memory_order_relaxed);
  const double age = age_s(slot.memory->engine.heartbeat_ns.load(std::memory_order_relaxed), now);
  entry.heartbeat_age_ms = static_cast<uint64_t>(age * 1000);
  return entry;
}

void add_shares(control::Shares& sums, const shm::ShareBlock& block) {
  sums.submitted += block.submitted;
  sums.accepted += block.accepted;
  sums.local += block.local;
  sums.rejected += block.rejected;
  sums.stale += block.stale;
  sums.duplicate += block.duplicate;
  sums.low_difficulty += block.low_difficulty;
  sums.invalid += block.invalid;
  sums.unanswered += block.unanswered;
  sums.in_flight += block.in_flight;
  sums.late_accepted += block.late_accepted;
  sums.late_rejected += block.late_rejected;
}

void add_hashrate(control::HashrateHs& sums, const control::HashrateHs& one) {
  sums.m1 = finite(sums.m1 + one.m1);
  sums.m5 = finite(sums.m5 + one.m5);
  sums.h1 = finite(sums.h1 + one.h1);
}

void add_warnings(control::Status& status, const ServiceView& service,
                  const std::vector<SlotView>& slots) {
  if (service.is_stopping || !service.is_ready) return;
  for (const SlotView& slot : slots) {
    if (!engine_serves(slot)) {
      status.warnings.push_back(
          fmt::format("worker {} does not serve: {}", slot.number, worker_state(service, slot)));
    } else if (slot.memory->engine.config_refused.load(std::memory_order_relaxed) != 0) {
      status.warnings.push_back(
          fmt::format("worker {} could not read the newest configuration", slot.number));
    }
  }
  for (const control::PoolEntry& pool : status.pools) {
    if (pool.state == "failed" || pool.state == "refused") {
      status.warnings.push_back(
          fmt::format("pool {} {}", pool.name,
                      pool.state == "failed" ? "does not answer"
                                             : "refuses our login; check username and password"));
    }
  }
}

void add_limit_warning(control::Status& status, const ServiceView& service) {
  const double limit = service.connections_max;
  if (limit > 0 && status.miners_connected >= limit * kConnectionsWarnRatio) {
    status.warnings.push_back(
        fmt::format("{} of {} miner connections are in use; raise limiter.connections",
                    status.miners_connected, service.connections_max));
  }
}

std::string service_state(const ServiceView& service, bool is_degraded) {
  if (service.is_stopping) return "stopping";
  if (!service.is_ready) return "starting";
  return is_degraded ? "degraded" : "healthy";
}

// What the pool at this position of the newest configuration is called in the slots, by one that
// has taken the configuration over; 0: none has yet.
uint64_t identity_at(size_t position, uint64_t generation, const std::vector<SlotView>& slots) {
  for (const SlotView& slot : slots) {
    if (slot.memory->engine.config_generation.load(std::memory_order_acquire) < generation)
      continue;
    return slot.memory->pools[position].identity.load(std::memory_order_relaxed);
  }
  return 0;
}

// A slot that has not taken the newest configuration over has its pools at other positions.
const shm::PoolLine* line_of(const shm::Slot& slot, size_t position, uint64_t identity) {
  if (identity == 0) return &slot.pools[position];
  const auto found = std::ranges::find_if(slot.pools, [identity](const shm::PoolLine& line) {
    return line.identity.load(std::memory_order_relaxed) == identity;
  });
  return found == slot.pools.end() ? nullptr : &*found;
}

const shm::ShareBlock::PerPool* verdicts_of(const shm::ShareBlock& shares, size_t position,
                                            uint64_t identity) {
  if (identity == 0) return &shares.pools[position];
  const auto found = std::ranges::find(shares.pools, identity, &shm::ShareBlock::PerPool::identity);
  return found == shares.pools.end() ? nullptr : &*found;
}

control::MinerEntry miner_entry(const shm::MinerRow& row, const SlotView& slot,
                                const config::Config& config, Instant now) {
  control::MinerEntry entry;
  entry.login = sanitise(row.login.view(), row.login.capacity() * kGrowth);
  entry.address = row.address.text();
  entry.agent = sanitise(row.agent.view(), row.agent.capacity() * kGrowth);
  if (row.pool < config.pools.size()) entry.pool = config.pools[row.pool].name;
  entry.slot = slot.number;
  entry.difficulty = finite(row.difficulty);
  entry.hashrate_hs = hashrates(row.hashrate, now);
  entry.submitted = row.submitted;
  entry.accepted = row.accepted;
  entry.rejected = row.rejected;
  entry.unanswered = row.unanswered;
  if (row.last_share_ns != 0) entry.last_share_s = age_s(row.last_share_ns, now);
  entry.connected_s = age_s(row.connected_ns, now);
  return entry;
}

}  // namespace

bool engine_serves(const SlotView& slot) {
  if (slot.keeper_pid == 0) return false;
  const auto& keeper = slot.memory->keeper;
  const auto state = keeper.state.load(std::memory_order_relaxed);
  return keeper.keeper_pid.load(std::memory_order_relaxed) ==
             static_cast<uint32_t>(slot.keeper_pid) &&
         keeper.engine_pid.load(std::memory_order_relaxed) != 0 &&
         state != shm::SlotState::kStopping &&
         slot.memory->engine.serving.load(std::memory_order_acquire) == 1;
}

const shm::ShareBlock& Totals::shares_of(const SlotView& slot) {
  CHECK(slot.number >= 1 && slot.number <= last_shares_.size());
  shm::ShareBlock& kept = last_shares_[slot.number - 1];
  shm::ShareBlock block;
  if (slot.memory->shares.read(block)) kept = block;
  return kept;
}

control::Status Totals::status(const ServiceView& service, const std::vector<SlotView>& slots,
                               Instant now) {
  control::Status status;
  status.version = LOKA_VERSION;
  status.uptime_s = static_cast<uint64_t>(std::max(0.0, (now - service.started_at).s()));
  status.mode =
      service.config->server.mode == config::Mode::kAggregate ? "aggregate" : "passthrough";
  status.config_file = service.config_file;
  status.config_generation = service.generation;
  for (const SlotView& slot : slots) {
    status.workers.push_back(worker_entry(service, slot, now));
    status.miners_connected += sessions_of(*slot.memory);
    status.miners_authorized += authorized_of(*slot.memory);
    status.connections_total += slot.memory->counters.get(shm::Counter::kConnectionsAccepted);
    const shm::ShareBlock& shares = shares_of(slot);
    add_shares(status.shares, shares);
    add_hashrate(status.hashrate_hs, hashrates(shares.hashrate, now));
  }
  for (size_t i = 0; i < shm::kCounterCount; ++i) {
    control::NamedCount& count = status.counters.emplace_back();
    count.name = shm::kCounterInfo[i].name;
    for (const SlotView& slot : slots)
      count.value += slot.memory->counters.get(static_cast<shm::Counter>(i));
  }
  status.pools = pools(service, slots, now).pools;
  add_warnings(status, service, slots);
  status.state = service_state(service, !status.warnings.empty());
  add_limit_warning(status, service);
  status.warnings.insert(status.warnings.end(), service.warnings.begin(), service.warnings.end());
  return status;
}

control::Workers Totals::workers(const ServiceView& service, const std::vector<SlotView>& slots,
                                 Instant now) const {
  control::Workers document;
  for (const SlotView& slot : slots) document.workers.push_back(worker_entry(service, slot, now));
  return document;
}

control::Pools Totals::pools(const ServiceView& service, const std::vector<SlotView>& slots,
                             Instant now) {
  control::Pools document;
  const size_t count = std::min(service.config->pools.size(), shm::kPoolsMax);
  bool has_active = false;
  for (size_t position = 0; position < count; ++position) {
    const uint64_t identity = identity_at(position, service.generation, slots);
    PoolTotals totals;
    for (const SlotView& slot : slots) {
      if (const auto* line = line_of(*slot.memory, position, identity)) totals.add(*line, now);
      const auto* verdicts = verdicts_of(shares_of(slot), position, identity);
      if (verdicts != nullptr) totals.add(*verdicts);
    }
    control::PoolEntry entry = totals.entry(now);
    entry.name = service.config->pools[position].name;
    entry.url = service.config->pools[position].url();
    // Miners go to the first pool that works; the others wait for their turn.
    const bool works = entry.state != "failed" && entry.state != "refused";
    entry.role = works && !has_active ? "active" : "standby";
    has_active = has_active || works;
    document.pools.push_back(std::move(entry));
  }
  return document;
}

namespace {

// A miner is asked for by its login or by the worker name in it: what stands behind the first place
// of a separator that any pool has.
bool is_named(std::string_view login, std::string_view name, const config::Config& config) {
  if (login == name) return true;
  for (const config::Pool& pool : config.pools) {
    for (const std::string& separator : pool.separator) {
      const size_t at = login.find(separator);
      if (at != std::string_view::npos && login.substr(at + separator.size()) == name) return true;
    }
  }
  return false;
}

}  // namespace

control::Miners Totals::miners(const ServiceView& service, const std::vector<SlotView>& slots,
                               std::optional<std::string_view> login, Instant now) const {
  control::Miners document;
  for (const SlotView& slot : slots) {
    // Rows that were never used are not looked at: reading them would commit their memory.
    const uint32_t used = std::min(
        slot.memory->engine.miner_rows_used.load(std::memory_order_acquire), shm::kMinerRowsMax);
    for (uint32_t number = 0; number < used; ++number) {
      shm::MinerRow row;
      if (!slot.memory->miners[number].read(row) || row.in_use == 0) continue;
      if (login && !is_named(row.login.view(), *login, *service.config)) continue;
      if (document.miners.size() < kMinersShownMax) {
        document.miners.push_back(miner_entry(row, slot, *service.config, now));
      } else {
        ++document.omitted;
      }
    }
  }
  return document;
}

std::string status_line(const control::Status& status) {
  constexpr std::array<std::string_view, 8> kUnits{"H/s",  "kH/s", "MH/s", "GH/s",
                                                   "TH/s", "PH/s", "EH/s", "ZH/s"};
  double hashrate = finite(status.hashrate_hs.m5);
  size_t unit = 0;
  while (hashrate >= 1000 && unit + 1 < kUnits.size()) {
    hashrate /= 1000;
    ++unit;
  }
  std::string line = fmt::format("{}: {} miners, {:.3g} {}", status.state, status.miners_connected,
                                 hashrate, kUnits[unit]);
  const auto active =
      std::ranges::find_if(status.pools, [](const auto& pool) { return pool.role == "active"; });
  line += active == status.pools.end() ? ", no pool works"
                                       : fmt::format(", pool {} {}", active->name, active->state);
  return line;
}

}  // namespace loka::supervisor
