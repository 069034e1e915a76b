#include "shm/records/hashrate.h"

#include <algorithm>
#include <cmath>

#include "common/base/check.h"

namespace loka::shm {

namespace {

// Expected hashes behind one share of difficulty 1, whose target is 0xffff × 2^208.
constexpr double kHashesPerDifficulty = 4295032833.0;
// A rate from the first seconds would only show how lucky the first share was.
constexpr double kWarmUpS = 10.0;

// Never negative: another process' clock reading may be a little ahead, a hostile one anywhere.
double seconds_between(int64_t from_ns, int64_t to_ns) {
  return to_ns > from_ns ? (static_cast<double>(to_ns) - static_cast<double>(from_ns)) / 1e9 : 0.0;
}

}  // namespace

void Hashrate::add(double difficulty, Instant now) {
  if (!std::isfinite(difficulty) || difficulty <= 0) return;  // one NaN would stay for ever
  if (started_ns == 0) started_ns = updated_ns = now.ns();
  const double passed_s = seconds_between(updated_ns, now.ns());
  for (size_t i = 0; i < difficulty_sum.size(); ++i) {
    difficulty_sum[i] = difficulty_sum[i] * std::exp(-passed_s / kHashrateWindowsS[i]) + difficulty;
  }
  updated_ns = std::max(updated_ns, now.ns());
}

double Hashrate::hs(size_t window, Instant now) const {
  CHECK(window < kHashrateWindowsS.size());
  if (started_ns == 0) return 0;
  const double window_s = kHashrateWindowsS[window];
  const double decay = std::exp(-seconds_between(updated_ns, now.ns()) / window_s);
  const double age_s = std::max(kWarmUpS, seconds_between(started_ns, now.ns()));
  // What a constant rate would have filled of the window by now.
  const double filled_s = window_s * (1.0 - std::exp(-age_s / window_s));
  const double rate = difficulty_sum[window] * decay / filled_s * kHashesPerDifficulty;
  return std::isfinite(rate) && rate > 0 ? rate : 0;
}

}  // namespace loka::shm
