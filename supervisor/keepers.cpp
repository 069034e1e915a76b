#include "supervisor/keepers.h"

#include <utility>

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>

#include "common/base/log.h"

namespace loka::supervisor {
namespace {

std::string subject(uint32_t slot) { return fmt::format("worker {}", slot); }

std::string manner_of_death(int wait_status) {
  if (WIFSIGNALED(wait_status)) return fmt::format("signal {}", WTERMSIG(wait_status));
  return fmt::format("exit code {}", WEXITSTATUS(wait_status));
}

}  // namespace

Keepers::Keepers(Setup setup, const shm::PublicSegment& segment, ListenerSet listeners, Instant now)
    : setup_(std::move(setup)),
      segment_(segment),
      listeners_(std::move(listeners)),
      table_(segment.slot_count(), now),
      processes_(segment.slot_count()),
      was_started_(segment.slot_count()) {}

void Keepers::reap(Instant now) {
  for (uint32_t slot = 1; slot <= table_.slot_count(); ++slot) {
    // Each by its own pid: children that are not keepers belong to somebody else.
    const pid_t pid = table_.pid(slot);
    int wait_status = 0;
    if (pid != 0 && waitpid(pid, &wait_status, WNOHANG) == pid) {
      report_death(slot, wait_status, now);
    }
  }
}

void Keepers::report_death(uint32_t slot, int wait_status, Instant now) {
  process(slot).reset();
  const ProcessTable::Death death = table_.keeper_died(slot, now, random_());
  const std::string manner = manner_of_death(wait_status);
  if (death.was_asked) {
    log_info(subject(slot), "keeper stopped", {{"by", manner}});
  } else if (table_.is_stopping()) {
    log_warning(subject(slot), "keeper died", {{"by", manner}});
  } else {
    log_error(subject(slot), "keeper died; its miners have to reconnect",
              {{"by", manner}, {"ran_s", death.ran.s()}, {"restart_in_ms", death.restart_in.ms()}});
  }
}

void Keepers::turn(Instant now) {
  for (const SlotView& view : views()) table_.observe(view.number, engine_serves(view), now);
  for (const Decision& decision : table_.decide(now)) carry_out(decision, now);
}

void Keepers::carry_out(const Decision& decision, Instant now) {
  auto& keeper = process(decision.slot);
  switch (decision.kind) {
    case Decision::Kind::kStart:
      start(decision.slot, now);
      break;
    case Decision::Kind::kTerminate:
      if (keeper) keeper->signal(SIGTERM);
      break;
    case Decision::Kind::kKill:
      log_warning(subject(decision.slot), "keeper did not stop in time and is killed");
      if (keeper) keeper->signal(SIGKILL);
      break;
    case Decision::Kind::kLeaveGroup:
      log_warning(subject(decision.slot), "has no engine; new miners go to the other workers");
      set_members();
      break;
    case Decision::Kind::kJoinGroup:
      log_info(subject(decision.slot), "serves again and takes its part of new miners");
      set_members();
      break;
  }
}

void Keepers::start(uint32_t slot, Instant now) {
  auto spawned = WorkerProcess::spawn({.program = setup_.program,
                                       .slot = slot,
                                       .segment = segment_.descriptor(),
                                       .listeners = listeners_.descriptors(slot),
                                       .log = setup_.log,
                                       .runtime_dir = setup_.runtime_dir});
  if (!spawned) {
    log_error(subject(slot), "keeper cannot be started", {{"error", spawned.error().text()}});
    table_.keeper_not_started(slot, now, random_());
    return;
  }
  log_debug(subject(slot), "keeper started", {{"pid", spawned->pid()}});
  table_.keeper_started(slot, spawned->pid(), now);
  process(slot).emplace(std::move(*spawned));
  was_started_[slot - 1] = true;
}

void Keepers::set_members() {
  const auto members = table_.members();
  if (auto done = listeners_.set_members(members); !done) {
    // Miners whose connection falls to a slot without an engine wait, as they would have without
    // any of this.
    log_error("listeners", "the reuse-port group cannot be changed",
              {{"error", done.error().text()}});
  }
}

void Keepers::stop(Instant now) {
  table_.stop(now);
  turn(now);
}

void Keepers::stop_at_once(Instant now) {
  table_.stop_at_once();
  turn(now);
}

void Keepers::hand_log(int descriptor) {
  setup_.log = descriptor;
  for (uint32_t slot = 1; slot <= table_.slot_count(); ++slot) {
    const auto& keeper = process(slot);
    if (!keeper) continue;
    if (auto done = keeper->hand_log(descriptor); !done) {
      log_warning(subject(slot), "goes on writing to the old log",
                  {{"error", done.error().text()}});
    }
  }
}

std::vector<SlotView> Keepers::views() const {
  std::vector<SlotView> views;
  for (uint32_t slot = 1; slot <= table_.slot_count(); ++slot) {
    views.push_back({.number = slot,
                     .memory = &segment_.slot(slot),
                     .keeper_pid = table_.pid(slot),
                     .was_ever_started = was_started_[slot - 1]});
  }
  return views;
}

std::optional<WorkerProcess>& Keepers::process(uint32_t slot) { return processes_[slot - 1]; }

}  // namespace loka::supervisor
