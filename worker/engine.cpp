#include "worker/engine.h"

#include <csignal>
#include <memory>
#include <optional>
#include <string>

#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/random.h>
#include <uv.h>

#include "common/base/log.h"
#include "common/config/load.h"
#include "shm/public_segment.h"
#include "shm/shard.h"
#include "shm/store.h"
#include "worker/clock.h"
#include "worker/net/self_test.h"
#include "worker/net/socket_io.h"
#include "worker/recovery.h"
#include "worker/serving.h"

namespace loka::worker {
namespace {

using shm::Counter;

constexpr Duration kTickInterval = Duration::milliseconds(50);
constexpr int kExitSystem = 71;  // EX_OSERR
constexpr int kExitConfig = 78;  // EX_CONFIG

uint64_t random_seed() {
  uint64_t seed = 0;
  if (::getrandom(&seed, sizeof seed, 0) != static_cast<ssize_t>(sizeof seed))
    seed = static_cast<uint64_t>(monotonic_now().ns());
  return seed;
}

// An engine: what it maps, what it recovers, and its loop, in the order in which they are built.
class Engine {
 public:
  explicit Engine(const EngineInputs& inputs)
      : inputs_(inputs), process_("worker " + std::to_string(inputs.slot)) {}

  int run() {
    if (!map()) return kExitSystem;
    if (!take_newest_config()) return kExitConfig;
    test_counts_once();
    begin_shard();
    recover_and_serve();
    return 0;
  }

 private:
  [[nodiscard]] bool map() {
    auto segment = shm::PublicSegment::open(inputs_.segment_fd);
    if (!segment) return refuse("the public segment cannot be mapped", segment.error());
    segment_.emplace(std::move(*segment));
    auto slot = shm::OwnSlot::map(inputs_.segment_fd, inputs_.slot);
    if (!slot) return refuse("the slot cannot be mapped", slot.error());
    slot_.emplace(std::move(*slot));
    auto shard =
        shm::Mapping::map(inputs_.shard_fd, 0, shm::shard_bytes(), shm::Access::kReadWrite, true);
    if (!shard) return refuse("the shard cannot be mapped", shard.error());
    shard_memory_ = std::move(*shard);
    return true;
  }

  [[nodiscard]] bool refuse(const char* what, const SystemError& error) const {
    log_error("engine", what, {{"error", error.text()}});
    return false;
  }

  shm::EngineLine& line() { return (*slot_)->engine; }

  void beat() { line().heartbeat_ns.store(monotonic_now().ns(), std::memory_order_relaxed); }

  // The newest configuration in the segment, through the same door as the file.
  [[nodiscard]] bool take_newest_config() {
    const auto published = segment_->newest_config();
    auto parsed = config::parse_canonical(published.text);
    if (!parsed) {
      line().config_refused.store(1, std::memory_order_relaxed);
      log_error("engine", "the published configuration cannot be read",
                {{"error", parsed.error()}});
      return false;
    }
    config_ = std::move(*parsed);
    log_setup(inputs_.log_fd, config_.logging.format, config_.logging.level, process_);
    line().config_refused.store(0, std::memory_order_relaxed);
    line().config_generation.store(published.generation, std::memory_order_release);
    return true;
  }

  void test_counts_once() {
    if (line().self_test.load(std::memory_order_relaxed) != shm::SelfTest::kPending) return;
    const net::SelfTestResult result = net::run_self_test();
    line().self_test.store(result.is_exact ? shm::SelfTest::kExact : shm::SelfTest::kInexact,
                           std::memory_order_relaxed);
    if (!result.is_exact)
      log_warning("engine",
                  "this kernel's byte counts are not exact; a crash will drop the sessions of "
                  "this worker",
                  {{"case", result.failed_case}, {"socket", result.socket}});
  }

  // An empty shard where there is none, where the keeper wants it wiped, or where the kernel's
  // counts do not allow to go on.
  void begin_shard() {
    void* const memory = shard_memory_.data();
    const bool is_formatted = shm::Shard::is_formatted(memory, shard_memory_.size());
    const bool is_inexact =
        line().self_test.load(std::memory_order_relaxed) == shm::SelfTest::kInexact;
    const bool must_wipe =
        is_formatted && (is_inexact || shm::Shard(memory).header().wipe_reason.load() != 0);
    if (!is_formatted || must_wipe) {
      const uint32_t dropped = forget_public_rows(**slot_);
      (*slot_)->counters.add(Counter::kSessionsDropped, dropped);
      (*slot_)->counters.add(Counter::kConnectionsClosed, dropped);
      if (must_wipe)
        log_warning("engine", "the sessions of this slot were dropped", {{"sessions", dropped}});
      ::fallocate(inputs_.shard_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
                  static_cast<off_t>(shard_memory_.size()));
      shm::Shard::format(memory, shard_memory_.size());
    }
    store_ = std::make_unique<shm::Store>(shm::Shard(memory), **slot_);
  }

  // A kill from outside says nothing about the line that was in hand; the watchdog's kill does.
  [[nodiscard]] bool last_death_counts() {
    const shm::KeeperLine& keeper = (*slot_)->keeper;
    const uint32_t kills = keeper.kills.load(std::memory_order_relaxed);
    shm::ShardHeader& header = store_->shard().header();
    const bool was_watchdog = kills != header.kills_seen;
    header.kills_seen = kills;
    return was_watchdog || keeper.last_signal.load(std::memory_order_relaxed) != SIGKILL;
  }

  void recover_and_serve() {
    const Instant began = monotonic_now();
    const bool death_counts = last_death_counts();
    std::vector<int> kept(inputs_.kept_fds.begin(), inputs_.kept_fds.end());
    kept.insert(kept.end(), {inputs_.segment_fd, inputs_.shard_fd, inputs_.log_fd});
    Recovered recovered =
        recover(*store_, inputs_.listener_fds, kept, death_counts, [this] { beat(); });

    CHECK(uv_loop_init(&loop_) == 0);
    serving_ =
        std::make_unique<Serving>(&loop_, *store_, *segment_, inputs_.listener_fds, random_seed());
    serving_->use(config_);
    take_over(recovered);
    start_timer();
    serving_->start_accepting();
    line().lines_served.store(0, std::memory_order_relaxed);
    line().serving.store(1, std::memory_order_release);
    const Duration took = monotonic_now() - began;
    (*slot_)->counters.add(Counter::kRecoveryNs, static_cast<uint64_t>(took.ns()));
    log_info("engine", "serving",
             {{"epoch", inputs_.epoch},
              {"connections", static_cast<uint64_t>(recovered.sound.size())},
              {"broken", static_cast<uint64_t>(recovered.broken.size())},
              {"ms", took.ms()}});
    uv_run(&loop_, UV_RUN_DEFAULT);
  }

  void take_over(const Recovered& recovered) {
    shm::Counters& counters = (*slot_)->counters;
    counters.add(Counter::kEngineStarts);
    if (recovered.finished_commit) counters.add(Counter::kJournalsApplied);
    for (const Connection& one : recovered.sound) {
      serving_->attach(one.kind, one.index);
      if (one.kind == shm::RecordKind::kSession) counters.add(Counter::kSessionsRecovered);
      beat();
    }
    for (const Connection& one : recovered.begin_again) serving_->dial_again(one.index);
    for (const Connection& one : recovered.broken)
      serving_->close_alone(one.kind, one.index, Counter::kSessionsBroken);
    for (const Connection& one : recovered.poison) {
      log_error("engine", "a session was closed because two engines died of it",
                {{"record", one.index}});
      serving_->close_alone(one.kind, one.index, Counter::kSessionsPoison);
    }
    if (!recovered.unread.empty())
      serving_->resume_with(recovered.unread_of.kind, recovered.unread_of.index,
                            recovered.unread_generation, recovered.unread);
    for (const auto& accept : recovered.adopted) {
      counters.add(Counter::kAcceptsAdopted);
      serving_->adopt(accept.socket, accept.peer);
    }
    serving_->resume();
  }

  void start_timer() {
    uv_timer_init(&loop_, &timer_);
    timer_.data = this;
    constexpr auto kIntervalMs = static_cast<uint64_t>(kTickInterval.ms());
    uv_timer_start(
        &timer_, [](uv_timer_t* timer) { static_cast<Engine*>(timer->data)->on_tick(); },
        kIntervalMs, kIntervalMs);
    // The clock is read once per turn, when the first event of the turn asks for it.
    uv_prepare_init(&loop_, &prepare_);
    prepare_.data = this;
    uv_prepare_start(&prepare_, [](uv_prepare_t* prepare) {
      static_cast<Engine*>(prepare->data)->serving_->begin_turn();
    });
    beat();
  }

  void on_tick() {
    serving_->begin_turn();
    beat();
    const uint64_t generation = segment_->newest_generation();
    if (generation != line().config_generation.load(std::memory_order_relaxed) &&
        generation != refused_generation_) {
      if (take_newest_config()) {
        (*slot_)->counters.add(Counter::kReloads);
        serving_->use(config_);
      } else {
        refused_generation_ = generation;
      }
    }
    serving_->on_tick();
    if ((*slot_)->keeper.stop_requested.load(std::memory_order_relaxed) != 0) stop_when_drained();
  }

  // Shares in flight are answered, or 5 s have passed; then there is only one way for an engine to
  // end, and this is the polite form of it.
  void stop_when_drained() {
    if (stopping_since_ == Instant()) {
      stopping_since_ = monotonic_now();
      serving_->stop_taking();
      line().serving.store(0, std::memory_order_release);
    }
    if (serving_->is_drained() || monotonic_now() - stopping_since_ >= kDrainMax) uv_stop(&loop_);
  }

  const EngineInputs& inputs_;
  std::string process_;  // as the log names it
  std::optional<shm::PublicSegment> segment_;
  std::optional<shm::OwnSlot> slot_;
  shm::Mapping shard_memory_;
  config::Config config_;
  std::unique_ptr<shm::Store> store_;
  uv_loop_t loop_{};
  uv_timer_t timer_{};
  uv_prepare_t prepare_{};
  std::unique_ptr<Serving> serving_;
  uint64_t refused_generation_ = 0;
  Instant stopping_since_;
};

}  // namespace

int run_engine(const EngineInputs& inputs) {
  // It owns a loop with live handles, so it ends with the process.
  static std::unique_ptr<Engine> engine;
  engine = std::make_unique<Engine>(inputs);
  return engine->run();
}

}  // namespace loka::worker
