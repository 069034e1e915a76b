// The keeper of a slot: owns the slot's descriptor table, clones the engine into it, and is the
// only one that kills or replaces that engine. It parses nothing, has no threads, and takes no heap
// once it runs; its decisions are those of watchdog and death_policy.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include <signal.h>

#include "common/base/time.h"
#include "shm/public_segment.h"
#include "shm/segment.h"
#include "worker/arguments.h"
#include "worker/death_policy.h"
#include "worker/engine_process.h"
#include "worker/watchdog.h"

namespace loka::worker {

// Graceful stop: an engine has this long to end by itself.
inline constexpr Duration kStopPatience = Duration::seconds(6);

class Keeper {
 public:
  // orders     complete, shard and lock included; the other references outlive this object
  // was_renewed  by itself: engines of this slot have left something
  Keeper(Orders orders, bool was_renewed, EngineFunction engine, const shm::PublicSegment& segment,
         const shm::OwnSlot& slot, const shm::Mapping& shard);

  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  // Until SIGTERM, SIGINT or the end of the channel: then the engine may drain; a second signal
  // ends it at once. May execute the program anew, so nothing behind this call is sure to run.
  void run();

 private:
  [[nodiscard]] Duration time_to_next_look(Instant now) const;
  void attend(Instant now);
  void hear_supervisor(Instant now);
  void start_engine(Instant now);
  void look(Instant now);
  void judge(Instant now);
  void on_end(const EngineEnd& end, Instant now);
  void ask_to_stop(Instant now);
  void drop_sessions(WipeReason reason);

  void set_state(shm::SlotState state) { line().state.store(state, std::memory_order_relaxed); }
  [[nodiscard]] shm::SlotState state() const {
    return line().state.load(std::memory_order_relaxed);
  }
  static void count(std::atomic<uint32_t>& counter) {
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  [[nodiscard]] bool is_stopping() const { return !kill_at_.is_never(); }
  [[nodiscard]] bool is_serving() const {
    return engine_line().serving.load(std::memory_order_acquire) != 0;
  }
  [[nodiscard]] shm::KeeperLine& line() const { return slot_->keeper; }
  [[nodiscard]] shm::EngineLine& engine_line() const { return slot_->engine; }

  const Orders orders_;
  const EngineFunction engine_function_;
  const shm::PublicSegment& segment_;
  const shm::OwnSlot& slot_;
  const shm::Mapping& shard_;
  const sigset_t signals_;
  const std::array<int, 2> kept_;  // what an engine's sweep could not know to be ours

  shm::PublicSegment::LogStyle log_style_;
  EngineProcess engine_;
  Watchdog watchdog_;
  bool is_first_ = true;            // nothing was left by an earlier engine
  bool was_killed_ = false;         // the present engine, by us
  bool must_renew_ = false;         // this program, before the next clone
  bool may_have_sessions_ = false;  // an engine lived since they were last dropped
  bool clone_failed_ = false;       // last time, and was logged
  bool is_over_ = false;
  Instant cloned_;
  Instant serving_since_ = Instant::never();
  Instant absent_since_;
  Instant clone_at_;
  Instant kill_at_ = Instant::never();  // never: the slot is not to stop
};

}  // namespace loka::worker
