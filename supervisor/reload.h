// What a reload does: which of the wanted configuration is taken, who waits for it, and when it has
// arrived everywhere. Pure; loading, publishing and telling are the supervisor's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "common/config/config.h"
#include "common/config/load.h"
#include "common/control/documents.h"
#include "shm/layout.h"

namespace loka::supervisor {

// How long the slots may take to show the new generation before they are named.
inline constexpr Duration kReloadPatience = Duration::seconds(2);

// What becomes of a configuration that was just loaded. A mistake in it leaves everything as it
// runs. A change that needs a restart is refused with a sentence, and the rest is applied: an
// operator who adds a pool should not have to take back an edit elsewhere first.
struct ReloadPlan {
  bool is_taken = false;    // no mistakes
  bool is_changed = false;  // something of it is to be published
  config::Config config;    // what holds from now on
  control::ReloadReport report;
};
[[nodiscard]] ReloadPlan plan_reload(const config::Config& running,
                                     const config::LoadResult& loaded);

// One reload runs at a time. Whoever asks meanwhile shares one more run after it, because the file
// may have changed since the running one read it.
class ReloadQueue {
 public:
  using ClientId = uint64_t;

  // client: who waits for the report; nullopt: a signal. True: nothing runs, begin().
  [[nodiscard]] bool ask(std::optional<ClientId> client);
  [[nodiscard]] bool is_running() const { return is_running_; }

  void begin();
  // The plan was carried out. generation 0: nothing was published, nobody is waited for.
  void published(control::ReloadReport report, uint64_t generation, Instant now);

  // One slot's word on what it has taken over.
  struct SlotWord {
    uint32_t slot = 0;
    uint64_t generation = 0;
    bool has_refused = false;
  };
  struct Finished {
    control::ReloadReport report;
    std::vector<ClientId> clients;
    bool is_wanted_again = false;  // begin() again
  };
  // The end of the running reload, once: every slot has it, or patience ran out and the report
  // names those that have not.
  [[nodiscard]] std::optional<Finished> look(std::span<const SlotWord> slots, Instant now);

 private:
  bool is_running_ = false;
  bool is_published_ = false;
  bool is_wanted_again_ = false;
  std::vector<ClientId> clients_;       // of the running one
  std::vector<ClientId> next_clients_;  // of the one after it
  control::ReloadReport report_;
  uint64_t generation_ = 0;
  Instant deadline_;
};

}  // namespace loka::supervisor
