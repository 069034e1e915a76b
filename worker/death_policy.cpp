#include "worker/death_policy.h"

#include <algorithm>
#include <csignal>

namespace loka::worker {

namespace {

// After these an attacker may know, or try to guess, the stack canary and the addresses, which all
// clones of one keeper share.
bool is_memory_fault(int signal) {
  return signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGABRT;
}

Duration backoff(uint32_t fruitless, double random) {
  Duration wait = kBackoffFirst;
  for (uint32_t i = 1; i < fruitless && wait < kBackoffMax; ++i) wait = wait * 2;
  if (fruitless >= kFruitlessToFail) wait = kBackoffMax;
  const double factor = 1.0 + kBackoffJitter * (2.0 * random - 1.0);
  const auto ns = static_cast<double>(std::min(wait, kBackoffMax).ns()) * factor;
  return Duration::nanoseconds(static_cast<int64_t>(ns));
}

}  // namespace

AfterDeath after_death(const EngineDeath& death, uint32_t fruitless_before, double random) {
  AfterDeath after;
  after.renew_keeper = is_memory_fault(death.signal);
  if (death.lines_served > 0 || death.ready_for >= kProvenAfter) return after;
  after.fruitless = fruitless_before + 1;
  after.wait = backoff(after.fruitless, random);
  after.wipe = after.fruitless % kFruitlessToWipe == 0;
  after.is_failed = after.fruitless >= kFruitlessToFail;
  return after;
}

}  // namespace loka::worker
