// Judges from its vital signs whether an engine is to be killed. Pure: the keeper looks every
// kLookEvery and carries out the verdict.
//
// What it must not do is kill an engine that merely gets no CPU: on a starved machine the next one
// would starve as well, and recovering costs more than waiting.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/base/time.h"

namespace loka::worker {

inline constexpr Duration kLookEvery = Duration::milliseconds(100);

// What the keeper sees of its engine at one look.
struct EngineSigns {
  int64_t heartbeat_ns = 0;  // as the engine wrote it; only that it changes counts
  bool is_serving = false;   // else it starts or recovers, with a beat per record
  bool is_stopped = false;   // by SIGSTOP or the like
  Duration cpu;              // used by the engine since it was cloned
};

enum class Verdict : uint8_t {
  kWait,
  kStopped,   // stopped, and silent for kSilenceMax
  kBurning,   // silent for kSilenceMax while it used the CPU: it turns in circles
  kDeafened,  // silent for kPatienceMax, whatever the reason
};

inline constexpr Duration kSilenceMax = Duration::seconds(1);
inline constexpr Duration kRecoverySilenceMax = Duration::seconds(10);  // one record may be large
inline constexpr Duration kPatienceMax = Duration::seconds(30);
// CPU used without a beat that makes an engine a burning one. No turn of a healthy loop comes near.
inline constexpr Duration kBurntMin = Duration::milliseconds(500);
// Silence counts only while somebody listened: a keeper that was itself stopped or starved must not
// judge by the clock alone.
inline constexpr int kLooksMin = 5;

[[nodiscard]] std::string_view describe(Verdict verdict);

class Watchdog {
 public:
  // A new engine was cloned; it has not used any CPU.
  void start(int64_t heartbeat_ns, Instant now);
  // One look. `now` never goes back.
  [[nodiscard]] Verdict look(const EngineSigns& signs, Instant now);

 private:
  int64_t heartbeat_ns_ = 0;
  Instant heard_;         // the look at which the last beat was new
  Duration cpu_at_beat_;  // CPU used until that look
  int looks_since_ = 0;
};

}  // namespace loka::worker
