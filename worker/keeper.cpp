#include "worker/keeper.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <ctime>
#include <string_view>
#include <utility>

#include <signal.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/base/log.h"
#include "shm/public_segment.h"
#include "shm/shard.h"
#include "worker/clock.h"
#include "worker/death_policy.h"
#include "worker/descriptors.h"
#include "worker/keeper_log.h"
#include "worker/renew.h"
#include "worker/watchdog.h"

namespace loka::worker {

namespace {

// Until an engine serves the keeper looks more often, so that its state is known soon.
constexpr Duration kLookEveryEarly = Duration::milliseconds(10);
constexpr Duration kEarly = Duration::seconds(1);
constexpr Duration kCloneRetry = Duration::milliseconds(500);
constexpr std::string_view kSubject = "engine";

using shm::SlotState;

// In [0, 1). Asked of the kernel each time, because the keeper's own state is in every clone.
double random_unit() {
  uint32_t bits = 0;
  if (getrandom(&bits, sizeof bits, GRND_NONBLOCK) != sizeof bits) return 0.5;
  return static_cast<double>(bits) / 4294967296.0;
}

sigset_t block_signals() {
  struct sigaction ignored{};
  ignored.sa_handler = SIG_IGN;
  for (const int number : {SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2}) sigaction(number, &ignored, nullptr);
  struct sigaction by_default{};
  by_default.sa_handler = SIG_DFL;
  sigaction(SIGCHLD, &by_default, nullptr);  // ignored, it would hide deaths
  sigset_t waited;
  sigemptyset(&waited);
  for (const int number : {SIGCHLD, SIGTERM, SIGINT}) sigaddset(&waited, number);
  sigprocmask(SIG_BLOCK, &waited, nullptr);
  return waited;
}

constexpr timespec timespec_of(Duration duration) {
  return {duration.ns() / 1'000'000'000, duration.ns() % 1'000'000'000};
}

}  // namespace

Keeper::Keeper(Orders orders, bool was_renewed, EngineFunction engine,
               const shm::PublicSegment& segment, const shm::OwnSlot& slot,
               const shm::Mapping& shard)
    : orders_(std::move(orders)),
      engine_function_(engine),
      segment_(segment),
      slot_(slot),
      shard_(shard),
      signals_(block_signals()),
      kept_{orders_.channel, orders_.lock},
      log_style_(segment.log_style()),
      is_first_(!was_renewed),
      may_have_sessions_(was_renewed),
      absent_since_(monotonic_now()) {
  line().keeper_pid.store(static_cast<uint32_t>(getpid()), std::memory_order_relaxed);
  if (was_renewed) return;
  line().engine_pid.store(0, std::memory_order_relaxed);
  line().fruitless.store(0, std::memory_order_relaxed);
  line().stop_requested.store(0, std::memory_order_relaxed);
  set_state(SlotState::kStarting);
}

void Keeper::run() {
  while (!is_over_) {
    const timespec timeout = timespec_of(time_to_next_look(monotonic_now()));
    const int signal = sigtimedwait(&signals_, nullptr, &timeout);
    const Instant now = monotonic_now();
    if (signal == SIGTERM || signal == SIGINT) ask_to_stop(now);
    attend(now);
  }
}

Duration Keeper::time_to_next_look(Instant now) const {
  if (engine_.is_alive()) {
    return is_serving() || now - cloned_ > kEarly ? kLookEvery : kLookEveryEarly;
  }
  return std::clamp(clone_at_ - now, Duration(), kLookEvery);
}

void Keeper::attend(Instant now) {
  if (const auto end = engine_.reap()) on_end(*end, now);
  hear_supervisor(now);
  if (engine_.is_alive()) {
    look(now);
  } else if (is_stopping()) {
    is_over_ = true;
  } else if (now >= clone_at_) {
    start_engine(now);
  } else if (may_have_sessions_ && now - absent_since_ >= kAbsenceMax) {
    drop_sessions(WipeReason::kNoEngine);
  }
}

void Keeper::hear_supervisor(Instant now) {
  if (const auto style = segment_.log_style(); style != log_style_) {
    log_style_ = style;
    set_up_log(orders_, style);
  }
  if (!is_stopping() && is_channel_closed(orders_.channel)) ask_to_stop(now);
  // A descriptor that came in now would have no name that a sweeping engine knows: it would be
  // closed under our hands, and its number given to a miner.
  if (engine_.is_alive() && !is_serving()) return;
  int log = -1;
  if (receive_message(orders_.channel, log) != ChannelMessage::kNewLog) return;
  // The number stays, and with it the engine's log.
  if (dup2(log, orders_.log) < 0) log_error(kSubject, "new log refused", {{"errno", errno}});
  close(log);
}

void Keeper::start_engine(Instant now) {
  if (must_renew_) {
    execute_anew(orders_);
    log_error(kSubject, "executing the keeper anew failed", {{"errno", errno}});
    must_renew_ = false;
  }
  // Between two engines the engine's line is ours: nothing of the last one may count for the next.
  engine_line().serving.store(0, std::memory_order_relaxed);
  engine_line().lines_served.store(0, std::memory_order_relaxed);
  count(line().epoch);
  if (state() != SlotState::kFailed) {
    set_state(is_first_ ? SlotState::kStarting : SlotState::kRecovering);
  }
  const EngineInputs inputs{.slot = orders_.slot,
                            .epoch = line().epoch.load(std::memory_order_relaxed),
                            .segment_fd = orders_.segment,
                            .shard_fd = orders_.shard,
                            .log_fd = orders_.log,
                            .listener_fds = orders_.listener_fds(),
                            .kept_fds = kept_};
  if (!engine_.clone(engine_function_, inputs)) {
    if (!clone_failed_) log_error(kSubject, "clone failed, trying again", {{"errno", errno}});
    clone_failed_ = true;
    clone_at_ = now + kCloneRetry;
    return;
  }
  line().engine_pid.store(static_cast<uint32_t>(engine_.pid()), std::memory_order_relaxed);
  watchdog_.start(engine_line().heartbeat_ns.load(std::memory_order_relaxed), now);
  cloned_ = now;
  serving_since_ = Instant::never();
  may_have_sessions_ = true;
  is_first_ = was_killed_ = clone_failed_ = false;
}

void Keeper::look(Instant now) {
  if (is_serving() && serving_since_.is_never()) {
    serving_since_ = now;
    if (state() == SlotState::kFailed) log_info(kSubject, "the slot serves again");
    if (!is_stopping()) set_state(SlotState::kServing);
  }
  if (engine_line().lines_served.load(std::memory_order_relaxed) > 0) {
    line().fruitless.store(0, std::memory_order_relaxed);
  }
  if (!is_stopping()) {
    judge(now);
  } else if (now >= kill_at_ && !was_killed_) {
    was_killed_ = true;
    log_warning(kSubject, "did not end in time and is killed");
    engine_.kill();
  }
}

void Keeper::judge(Instant now) {
  const EngineSigns signs{
      .heartbeat_ns = engine_line().heartbeat_ns.load(std::memory_order_relaxed),
      .is_serving = is_serving(),
      .is_stopped = engine_.is_stopped(),
      .cpu = engine_.cpu()};
  const Verdict verdict = watchdog_.look(signs, now);
  if (verdict == Verdict::kWait || was_killed_) return;
  was_killed_ = true;
  count(line().kills);
  log_warning(kSubject, "does not answer and is killed", {{"because", describe(verdict)}});
  engine_.kill();
}

void Keeper::on_end(const EngineEnd& end, Instant now) {
  line().engine_pid.store(0, std::memory_order_relaxed);
  line().last_signal.store(static_cast<uint32_t>(end.signal), std::memory_order_relaxed);
  line().last_exit.store(static_cast<uint32_t>(end.exit_code), std::memory_order_relaxed);
  engine_line().serving.store(0, std::memory_order_release);
  absent_since_ = now;
  if (is_stopping()) return;

  count(line().deaths);
  const EngineDeath death{
      .signal = end.signal,
      .lines_served = engine_line().lines_served.load(std::memory_order_relaxed),
      .ready_for = serving_since_.is_never() ? Duration() : now - serving_since_};
  const AfterDeath after =
      after_death(death, line().fruitless.load(std::memory_order_relaxed), random_unit());
  line().fruitless.store(after.fruitless, std::memory_order_relaxed);
  must_renew_ = must_renew_ || after.renew_keeper;
  clone_at_ = now + after.wait;
  set_state(after.is_failed       ? SlotState::kFailed
            : after.fruitless > 0 ? SlotState::kBackoff
                                  : SlotState::kRecovering);
  log_warning(kSubject, "died",
              {{"signal", end.signal},
               {"exit", end.exit_code},
               {"lines_served", death.lines_served},
               {"fruitless", after.fruitless},
               {"next_in_ms", after.wait.ms()}});
  if (after.fruitless == kFruitlessToFail) {
    log_error(kSubject, "no engine lives long enough to serve; the slot is marked as failed");
  }
  if (after.wipe) drop_sessions(WipeReason::kFruitlessDeaths);
}

void Keeper::ask_to_stop(Instant now) {
  if (is_stopping()) {
    engine_.kill();
    return;
  }
  kill_at_ = now + kStopPatience;
  line().stop_requested.store(1, std::memory_order_release);
  set_state(SlotState::kStopping);
}

void Keeper::drop_sessions(WipeReason reason) {
  std::array<int, kListenersMax + 5> own{};
  own.fill(-1);
  const auto listeners = orders_.listener_fds();
  auto end = std::copy(listeners.begin(), listeners.end(), own.begin());
  for (const int descriptor :
       {orders_.segment, orders_.log, orders_.channel, orders_.lock, orders_.shard}) {
    *end++ = descriptor;
  }
  close_all_but(own);
  if (shm::Shard::is_formatted(shard_.data(), shard_.size())) {
    shm::Shard(shard_.data())
        .header()
        .wipe_reason.store(static_cast<uint32_t>(reason), std::memory_order_relaxed);
  }
  may_have_sessions_ = false;
  count(line().wipes);
  log_warning(kSubject, "the slot's sessions are closed",
              {{"sessions", engine_line().sessions.load(std::memory_order_relaxed)},
               {"because", reason == WipeReason::kNoEngine ? "no engine for too long"
                                                           : "engines die of what is left"}});
  engine_line().sessions.store(0, std::memory_order_relaxed);
  engine_line().authorized.store(0, std::memory_order_relaxed);
}

}  // namespace loka::worker
