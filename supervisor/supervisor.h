// The service: its configuration, its children, its signals, and what it tells systemd and lokactl.
// Puts the parts together and decides nothing that one of them could; parses no byte of a miner or
// a pool.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/config/load.h"
#include "shm/public_segment.h"
#include "supervisor/control/control_server.h"
#include "supervisor/instance_lock.h"
#include "supervisor/keepers.h"
#include "supervisor/loop.h"
#include "supervisor/reload.h"
#include "supervisor/sd_notify.h"
#include "supervisor/start_error.h"
#include "supervisor/totals.h"

namespace loka::supervisor {

// While a start is under way every slot is looked at this often, afterwards less.
inline constexpr Duration kTickStarting = Duration::milliseconds(10);
inline constexpr Duration kTick = Duration::milliseconds(100);
// READY=1 waits for all workers; after this long one that serves is enough.
inline constexpr Duration kReadyPatience = Duration::seconds(10);
// How often systemd is told the STATUS= line.
inline constexpr Duration kStatusInterval = Duration::seconds(5);

// Holds back the signals that the service acts on, until its loop can: before that a log rotation
// would end it. To be called at the start; run() lets them through.
void hold_signals(bool is_held);

class Supervisor {
 public:
  // sources  what a reload will load again
  // loaded   what they gave at start, without mistakes
  // Takes the lock, the listeners and the segment; starts no process yet.
  [[nodiscard]] static Result<std::unique_ptr<Supervisor>, StartError> create(
      config::Sources sources, config::LoadResult loaded);
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // Until the service has stopped; the exit code.
  int run();

 private:
  // What create() gathers, each of which can fail.
  struct Parts {
    config::Sources sources;
    config::LoadResult loaded;
    InstanceLock lock;
    FileDescriptor log;
    uint64_t descriptor_limit;
    shm::PublicSegment segment;
    ListenerSet listeners;
    std::string program;
    Instant started_at;
  };
  explicit Supervisor(Parts parts);

  // ---- the loop's turns
  void tick(Instant now);
  void on_child(Instant now);
  void on_stop(Instant now);
  void become_ready(Instant now);
  void tell_status(Instant now);
  void end_if_stopped();

  // ---- reloads and logs
  void ask_reload(std::optional<ClientId> client, Instant now);
  void reload(Instant now);
  void look_at_reload(Instant now);
  // Moves the log to config.logging.file, or reopens it; an error is a sentence.
  [[nodiscard]] std::optional<std::string> reopen_log(const std::string& path);
  uint64_t publish();

  // ---- lokactl
  void on_request(ClientId client, const control::Request& request, Instant now);
  [[nodiscard]] std::string answer_to(const control::Request& request, Instant now);
  [[nodiscard]] std::string miners_answer(const control::Request& request, Instant now);
  [[nodiscard]] ServiceView view() const;

  config::Sources sources_;
  config::LoadResult running_;  // its `config` is what holds
  InstanceLock lock_;
  FileDescriptor log_;
  uint64_t descriptor_limit_;
  shm::PublicSegment segment_;
  Instant started_at_;
  uint32_t connections_max_ = 0;
  bool is_ready_ = false;
  bool is_stopping_ = false;
  std::vector<std::string> warnings_;
  SdNotify systemd_;
  Totals totals_;
  ReloadQueue reloads_;
  Keepers keepers_;

  Loop loop_;
  Timer ticker_;
  Timer watchdog_;
  std::vector<std::unique_ptr<SignalWatch>> signals_;
  std::unique_ptr<ControlServer> control_;
  Instant status_told_at_;
};

}  // namespace loka::supervisor
