// The supervisor's children, one keeper for each slot: carries out what process_table decides, and
// tells it what happened. Owns the processes and the listeners; the public segment is its caller's.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "shm/public_segment.h"
#include "supervisor/listener_set.h"
#include "supervisor/process_table.h"
#include "supervisor/totals.h"
#include "supervisor/worker_process.h"

namespace loka::supervisor {

class Keepers {
 public:
  struct Setup {
    std::string program;  // loka-worker
    std::string runtime_dir;
    int log = -1;  // the descriptor that new keepers inherit
  };
  // segment  outlives this object; its slots are the slots
  Keepers(Setup setup, const shm::PublicSegment& segment, ListenerSet listeners, Instant now);
  // A child that is left dies with the supervisor.
  ~Keepers() = default;
  Keepers(const Keepers&) = delete;
  Keepers& operator=(const Keepers&) = delete;

  // Waits for whoever has died (SIGCHLD), without blocking.
  void reap(Instant now);
  // Looks at all slots and does what is due; call some times a second.
  void turn(Instant now);
  void stop(Instant now);
  void stop_at_once(Instant now);
  // Gives every keeper another log; those to come inherit it. It stays the caller's.
  void hand_log(int descriptor);

  [[nodiscard]] const ProcessTable& table() const { return table_; }
  [[nodiscard]] std::vector<SlotView> views() const;

 private:
  void carry_out(const Decision& decision, Instant now);
  void start(uint32_t slot, Instant now);
  void report_death(uint32_t slot, int wait_status, Instant now);
  void set_members();
  [[nodiscard]] std::optional<WorkerProcess>& process(uint32_t slot);

  Setup setup_;
  const shm::PublicSegment& segment_;
  ListenerSet listeners_;
  ProcessTable table_;
  std::vector<std::optional<WorkerProcess>> processes_;  // by slot - 1
  std::vector<bool> was_started_;                        // by slot - 1
  std::mt19937_64 random_{std::random_device{}()};       // for jitter
};

}  // namespace loka::supervisor
