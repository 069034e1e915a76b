#include "supervisor/pool_totals.h"

#include <algorithm>
#include <optional>

namespace loka::supervisor {
namespace {

// A moment in foreign memory: 0 unless it lies between the start of the clock and now.
int64_t past(int64_t moment_ns, Instant now) {
  return moment_ns > 0 && moment_ns <= now.ns() ? moment_ns : 0;
}

std::optional<double> age_s(int64_t moment_ns, Instant now) {
  if (moment_ns == 0) return std::nullopt;
  return std::max(0.0, (now - Instant::from_ns(moment_ns)).s());
}

double quantile_ms(const std::array<uint64_t, shm::LatencyHistogram::kBuckets>& latencies,
                   double quantile) {
  return shm::LatencyHistogram::quantile(latencies, quantile).s() * 1000;
}

}  // namespace

void PoolTotals::add(const shm::PoolLine& line, Instant now) {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  connections_ += line.connections.load(kRelaxed);
  serving_ += line.serving.load(kRelaxed);
  failures_in_row_ = std::max(failures_in_row_, line.failures_in_row.load(kRelaxed));
  const int64_t success = past(line.last_success_ns.load(kRelaxed), now);
  const int64_t failure = past(line.last_failure_ns.load(kRelaxed), now);
  if (failure > last_failure_ns_) was_refused_ = line.refused.load(kRelaxed) != 0;
  has_failing_slot_ = has_failing_slot_ || failure > success;
  last_success_ns_ = std::max(last_success_ns_, success);
  last_failure_ns_ = std::max(last_failure_ns_, failure);
  line.submit_latency.merge_into(latencies_);
}

void PoolTotals::add(const shm::ShareBlock::PerPool& verdicts) {
  accepted_ += verdicts.accepted;
  rejected_ += verdicts.rejected;
}

const char* PoolTotals::state() const {
  if (last_success_ns_ >= last_failure_ns_) return has_failing_slot_ ? "recovering" : "healthy";
  if (serving_ > 0) return "degraded";
  return was_refused_ ? "refused" : "failed";
}

control::PoolEntry PoolTotals::entry(Instant now) const {
  control::PoolEntry entry;
  entry.state = state();
  entry.connections = static_cast<uint32_t>(std::min<uint64_t>(connections_, UINT32_MAX));
  entry.serving = static_cast<uint32_t>(std::min<uint64_t>(serving_, UINT32_MAX));
  entry.accepted = accepted_;
  entry.rejected = rejected_;
  entry.failures_in_row = failures_in_row_;
  entry.latency_p50_ms = quantile_ms(latencies_, 0.5);
  entry.latency_p99_ms = quantile_ms(latencies_, 0.99);
  entry.last_success_s = age_s(last_success_ns_, now);
  entry.last_failure_s = age_s(last_failure_ns_, now);
  return entry;
}

}  // namespace loka::supervisor
