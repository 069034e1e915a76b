// What follows from an engine's death: when the next one is cloned, and what is done before. Pure:
// the keeper reports the death and carries out the decision.
//
// A death is fruitful if the engine had served a line since it recovered; such deaths are counted
// and nothing else. Fruitless deaths in a row mean that something stops every engine: the machine,
// the configuration, or what the last engine left. An engine without miners serves no lines, so one
// that was ready for kProvenAfter counts as fruitful too; else five kills in a quiet year would
// mark a healthy slot as failed.
#pragma once

#include <cstdint>

#include "common/base/time.h"

namespace loka::worker {

inline constexpr Duration kBackoffFirst = Duration::milliseconds(100);  // doubles with each
inline constexpr Duration kBackoffMax = Duration::seconds(30);
inline constexpr double kBackoffJitter = 0.25;  // either way, so that slots do not move in step
inline constexpr Duration kProvenAfter = Duration::seconds(10);
inline constexpr uint32_t kFruitlessToWipe = 3;  // and each further third
inline constexpr uint32_t kFruitlessToFail = 5;

struct EngineDeath {
  int signal = 0;             // that ended it; 0: it exited by itself
  uint64_t lines_served = 0;  // since it recovered
  Duration ready_for;         // how long its listeners were armed
};

// Why a shard begins empty, as the next engine finds it in the shard's header.
enum class WipeReason : uint32_t { kNone, kFruitlessDeaths, kNoEngine };
// A slot without any engine process for this long holds nobody hostage: its sessions are closed.
inline constexpr Duration kAbsenceMax = Duration::seconds(2);

struct AfterDeath {
  uint32_t fruitless = 0;     // in a row, this death included
  Duration wait;              // before the next engine is cloned
  bool wipe = false;          // close the sessions and begin with an empty shard
  bool is_failed = false;     // the slot is marked as failed until an engine serves
  bool renew_keeper = false;  // execute the keeper anew before the clone
};

// fruitless_before: deaths in a row before this one. random: in [0, 1), for the jitter.
[[nodiscard]] AfterDeath after_death(const EngineDeath& death, uint32_t fruitless_before,
                                     double random);

}  // namespace loka::worker
