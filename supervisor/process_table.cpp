#include "supervisor/process_table.h"

#include <algorithm>

#include "common/base/check.h"
#include "common/policy/backoff.h"

namespace loka::supervisor {
namespace {

constexpr uint32_t kFailuresCounted = 20;

}  // namespace

ProcessTable::ProcessTable(uint32_t slots, Instant now) : slots_(slots) {
  CHECK(slots > 0);
  for (Slot& slot : slots_) {
    slot.start_at = now;
    slot.absent_since = now;
  }
}

void ProcessTable::keeper_started(uint32_t number, pid_t pid, Instant now) {
  Slot& slot = at(number);
  CHECK(slot.is_being_started && slot.pid == 0 && pid > 0);
  slot.is_being_started = false;
  slot.pid = pid;
  slot.started_at = now;
  slot.was_terminated = false;
  slot.was_killed = false;
}

void ProcessTable::keeper_not_started(uint32_t number, Instant now, uint64_t random) {
  Slot& slot = at(number);
  CHECK(slot.is_being_started);
  slot.is_being_started = false;
  schedule_restart(slot, now, random);
}

ProcessTable::Death ProcessTable::keeper_died(uint32_t number, Instant now, uint64_t random) {
  Slot& slot = at(number);
  CHECK(slot.pid != 0);
  Death death{.ran = now - slot.started_at,
              .restart_in = {},
              .was_asked = slot.was_terminated || slot.was_killed};
  slot.pid = 0;
  if (slot.serves) {
    slot.serves = false;
    slot.absent_since = now;
  }
  if (death.ran >= kHealthyAfter) slot.failures = 0;
  if (!is_stopping_) death.restart_in = schedule_restart(slot, now, random);
  return death;
}

Duration ProcessTable::schedule_restart(Slot& slot, Instant now, uint64_t random) {
  // Counted no further than the ceiling is reached, so that a counter of years does no harm.
  slot.failures = std::min(slot.failures + 1, kFailuresCounted);
  const Duration pause = policy::backoff(slot.failures, kBackoffMin, kBackoffMax, random);
  slot.start_at = now + pause;
  return pause;
}

void ProcessTable::observe(uint32_t number, bool engine_serves, Instant now) {
  Slot& slot = at(number);
  // What a dead keeper left in the segment says nothing.
  const bool serves = engine_serves && slot.pid != 0;
  if (slot.serves && !serves) slot.absent_since = now;
  slot.serves = serves;
}

void ProcessTable::stop(Instant now) {
  if (is_stopping_) return;
  is_stopping_ = true;
  kill_at_ = now + kStopPatience;
}

void ProcessTable::stop_at_once() {
  is_stopping_ = true;
  kill_at_ = Instant();
}

std::vector<Decision> ProcessTable::decide(Instant now) {
  std::vector<Decision> decisions;
  for (uint32_t number = 1; number <= slot_count(); ++number) {
    Slot& slot = at(number);
    if (is_stopping_) {
      decide_stop(number, slot, now, decisions);
      continue;
    }
    if (slot.pid == 0 && !slot.is_being_started && now >= slot.start_at) {
      slot.is_being_started = true;
      decisions.push_back({Decision::Kind::kStart, number});
    }
    decide_group(number, slot, now, decisions);
  }
  return decisions;
}

void ProcessTable::decide_stop(uint32_t number, Slot& slot, Instant now,
                               std::vector<Decision>& decisions) {
  if (slot.pid == 0) return;
  if (now >= kill_at_) {
    if (!slot.was_killed) decisions.push_back({Decision::Kind::kKill, number});
    slot.was_killed = true;
  } else if (!slot.was_terminated) {
    decisions.push_back({Decision::Kind::kTerminate, number});
    slot.was_terminated = true;
  }
}

void ProcessTable::decide_group(uint32_t number, Slot& slot, Instant now,
                                std::vector<Decision>& decisions) {
  if (slot.is_member && !slot.serves && now - slot.absent_since >= kGroupPatience) {
    slot.is_member = false;
    decisions.push_back({Decision::Kind::kLeaveGroup, number});
  } else if (!slot.is_member && slot.serves) {
    slot.is_member = true;
    decisions.push_back({Decision::Kind::kJoinGroup, number});
  }
}

std::optional<uint32_t> ProcessTable::slot_of(pid_t pid) const {
  for (uint32_t number = 1; number <= slot_count(); ++number) {
    if (pid > 0 && at(number).pid == pid) return number;
  }
  return std::nullopt;
}

uint32_t ProcessTable::serving() const {
  return static_cast<uint32_t>(
      std::ranges::count_if(slots_, [](const Slot& slot) { return slot.serves; }));
}

std::vector<uint32_t> ProcessTable::members() const {
  std::vector<uint32_t> members;
  for (uint32_t number = 1; number <= slot_count(); ++number) {
    if (at(number).is_member) members.push_back(number);
  }
  return members;
}

bool ProcessTable::has_stopped() const {
  return is_stopping_ &&
         std::ranges::all_of(slots_, [](const Slot& slot) { return slot.pid == 0; });
}

ProcessTable::Slot& ProcessTable::at(uint32_t slot) {
  CHECK(slot >= 1 && slot <= slots_.size());
  return slots_[slot - 1];
}

const ProcessTable::Slot& ProcessTable::at(uint32_t slot) const {
  CHECK(slot >= 1 && slot <= slots_.size());
  return slots_[slot - 1];
}

}  // namespace loka::supervisor
