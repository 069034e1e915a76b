#include "worker/keeper.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <signal.h>
#include <sys/random.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/base/check.h"
#include "common/base/log.h"
#include "shm/public_segment.h"
#include "shm/shard.h"
#include "worker/clock.h"
#include "worker/death_policy.h"
#include "worker/descriptors.h"
#include "worker/renew.h"
#include "worker/slot_lock.h"
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

class Keeper {
 public:
  Keeper(Orders orders, EngineFunction engine, const shm::PublicSegment& segment,
         const shm::OwnSlot& slot, const shm::Mapping& shard);

  void run();

 private:
  void sleep_until_due();
  void attend(Instant now);
  void hear_supervisor(Instant now);
  void start_engine(Instant now);
  void look(Instant now);
  void on_serving(Instant now);
  void on_end(const EngineEnd& end, Instant now);
  void ask_to_stop(Instant now);
  void drop_sessions(WipeReason reason);
  void set_state(SlotState state) { line().state.store(state, std::memory_order_relaxed); }
  [[nodiscard]] bool is_stopping() const { return !kill_at_.is_never(); }
  [[nodiscard]] bool may_be_swept() const;
  [[nodiscard]] shm::KeeperLine& line() const { return slot_->keeper; }
  [[nodiscard]] shm::EngineLine& engine_line() const { return slot_->engine; }

  Orders orders_;
  EngineFunction engine_function_;
  const shm::PublicSegment& segment_;
  const shm::OwnSlot& slot_;
  const shm::Mapping& shard_;
  const bool was_renewed_;
  sigset_t signals_;
  std::array<int, 2> kept_;  // what the engine's sweep cannot know to be ours

  EngineProcess engine_;
  Watchdog watchdog_;
  bool has_served_ = false;        // any engine of this slot, as far as this keeper knows
  bool was_killed_ = false;        // the present engine, by us
  bool must_renew_ = false;        // before the next clone
  bool are_sessions_open_ = true;  // since the last engine
  bool clone_failed_ = false;      // and was logged
  Instant cloned_;
  Instant serving_since_ = Instant::never();
  Instant absent_since_;  // while there is no engine
  Instant clone_at_;
  Instant kill_at_ = Instant::never();  // not never: the slot stops
  bool is_over_ = false;
};

Keeper::Keeper(Orders orders, EngineFunction engine, const shm::PublicSegment& segment,
               const shm::OwnSlot& slot, const shm::Mapping& shard)
    : orders_(std::move(orders)),
      engine_function_(engine),
      segment_(segment),
      slot_(slot),
      shard_(shard),
      was_renewed_(orders_.shard_was_given),
      signals_(block_signals()),
      kept_{orders_.channel, orders_.lock} {}

}  // namespace

}  // namespace loka::worker
