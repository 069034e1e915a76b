#include "worker/watchdog.h"

namespace loka::worker {

std::string_view describe(Verdict verdict) {
  switch (verdict) {
    case Verdict::kWait:
      return "fine";
    case Verdict::kStopped:
      return "stopped";
    case Verdict::kBurning:
      return "turning in circles";
    case Verdict::kDeafened:
      return "silent";
  }
  return "unknown";
}

void Watchdog::start(int64_t heartbeat_ns, Instant now) {
  heartbeat_ns_ = heartbeat_ns;
  heard_ = now;
  cpu_at_beat_ = {};
  looks_since_ = 0;
}

Verdict Watchdog::look(const EngineSigns& signs, Instant now) {
  if (signs.heartbeat_ns != heartbeat_ns_) {
    heartbeat_ns_ = signs.heartbeat_ns;
    heard_ = now;
    cpu_at_beat_ = signs.cpu;
    looks_since_ = 0;
    return Verdict::kWait;
  }
  if (++looks_since_ < kLooksMin) return Verdict::kWait;

  const Duration silence = now - heard_;
  if (signs.is_stopped && silence >= kSilenceMax) return Verdict::kStopped;
  const Duration silence_max = signs.is_serving ? kSilenceMax : kRecoverySilenceMax;
  const bool is_burning = signs.cpu - cpu_at_beat_ >= kBurntMin;
  if (is_burning && silence >= silence_max) return Verdict::kBurning;
  if (silence >= kPatienceMax) return Verdict::kDeafened;
  return Verdict::kWait;
}

}  // namespace loka::worker
