// What the supervisor knows of its slots' keepers, and what it decides from that: when a keeper is
// started, when one that does not stop is killed, when a slot's listeners leave the reuse-port
// group and when they come back. Pure: no process, no clock, no randomness of its own; the caller
// reports what happened, asks for decisions and carries each of them out.
//
// It never gives up a slot and never busy-loops: a keeper that dies is started again, each time
// later, from 0.1 s up to 30 s.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <sys/types.h>

#include "common/base/time.h"

namespace loka::supervisor {

// The ceiling of the pause before a keeper is started again, after its first death and at most;
// policy/backoff doubles it in between and jitters below it.
inline constexpr Duration kBackoffMin = Duration::milliseconds(100);
inline constexpr Duration kBackoffMax = Duration::seconds(30);
// A keeper that ran for this long was well: its death starts the back-off from the beginning.
inline constexpr Duration kHealthyAfter = Duration::seconds(10);
// A slot without a serving engine for this long holds no new miners hostage.
inline constexpr Duration kGroupPatience = Duration::seconds(2);
// From SIGTERM to SIGKILL; an engine drains for at most half of it.
inline constexpr Duration kStopPatience = Duration::seconds(10);

struct Decision {
  enum class Kind : uint8_t {
    kStart,       // start a keeper; answer with keeper_started() or keeper_not_started()
    kTerminate,   // SIGTERM to the slot's keeper
    kKill,        // SIGKILL to the slot's keeper
    kLeaveGroup,  // the slot's listeners get no more connections
    kJoinGroup,   // … and get them again
  };
  Kind kind;
  uint32_t slot;
  bool operator==(const Decision&) const = default;
};

class ProcessTable {
 public:
  // Slots 1…slots, each a member of the group and to be started at once.
  ProcessTable(uint32_t slots, Instant now);

  // ---- what happened. `random`: 64 random bits, fresh for each call.
  void keeper_started(uint32_t slot, pid_t pid, Instant now);
  void keeper_not_started(uint32_t slot, Instant now, uint64_t random);
  struct Death {
    Duration ran;
    Duration restart_in;  // zero if the service stops
    bool was_asked;       // by SIGTERM or SIGKILL of ours
  };
  Death keeper_died(uint32_t slot, Instant now, uint64_t random);
  // Whether an engine of this slot serves at the moment; counts only while its keeper runs.
  void observe(uint32_t slot, bool engine_serves, Instant now);
  // The service ends: nothing is started any more, every keeper is asked to stop. The second form
  // does not wait for any of them.
  void stop(Instant now);
  void stop_at_once();

  // ---- what to do now. Each decision is given once.
  [[nodiscard]] std::vector<Decision> decide(Instant now);

  // ---- how it stands
  [[nodiscard]] uint32_t slot_count() const { return static_cast<uint32_t>(slots_.size()); }
  // 0: no keeper at the moment.
  [[nodiscard]] pid_t pid(uint32_t slot) const { return at(slot).pid; }
  [[nodiscard]] std::optional<uint32_t> slot_of(pid_t pid) const;
  [[nodiscard]] bool serves(uint32_t slot) const { return at(slot).serves; }
  [[nodiscard]] uint32_t serving() const;
  // The slots whose listeners get connections.
  [[nodiscard]] std::vector<uint32_t> members() const;
  [[nodiscard]] bool is_stopping() const { return is_stopping_; }
  // Stopping, and no keeper is left.
  [[nodiscard]] bool has_stopped() const;

 private:
  struct Slot {
    pid_t pid = 0;
    bool is_being_started = false;  // between the decision and its answer
    Instant start_at;
    Instant started_at;
    uint32_t failures = 0;  // deaths and failed starts since the last healthy keeper
    bool serves = false;
    Instant absent_since;  // while !serves
    bool is_member = true;
    bool was_terminated = false;
    bool was_killed = false;
  };

  Slot& at(uint32_t slot);
  const Slot& at(uint32_t slot) const;
  void decide_group(uint32_t number, Slot& slot, Instant now, std::vector<Decision>& decisions);
  void decide_stop(uint32_t number, Slot& slot, Instant now, std::vector<Decision>& decisions);
  Duration schedule_restart(Slot& slot, Instant now, uint64_t random);

  std::vector<Slot> slots_;
  bool is_stopping_ = false;
  Instant kill_at_ = Instant::never();
};

}  // namespace loka::supervisor
