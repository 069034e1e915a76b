// The slot's listeners, as an engine uses them: they belong to the supervisor and outlive it. Takes
// connections while there is room, and leaves them in the kernel's queue while there is none.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <uv.h>

#include "common/base/time.h"
#include "shm/counters.h"
#include "worker/net/socket_io.h"
#include "worker/net/watcher.h"

namespace loka::net {

inline constexpr int kAcceptsPerWake = 64;
inline constexpr Duration kAcceptPause = Duration::milliseconds(100);  // after EMFILE and its kin

class Acceptor {
 public:
  // What it asks its owner, who outlives it.
  class Owner {
   public:
    virtual ~Owner() = default;
    // Whether one more miner is one too many, all workers together.
    [[nodiscard]] virtual bool is_at_limit() const = 0;
    virtual void on_accepted(const Accepted& accepted) = 0;
    virtual void on_accepts_done() = 0;
  };

  Acceptor(uv_loop_t* loop, std::span<const int> listeners, shm::Counters& counters, Owner& owner);

  void start();
  void stop();
  // Starts again when the pause after want of descriptors is over.
  void on_tick(Instant now);

 private:
  static void on_ready(void* self, uint32_t kind, uint32_t index, Readiness readiness);
  void arm();
  void take_from(int listener);

  std::vector<int> listeners_;
  shm::Counters& counters_;
  Owner& owner_;
  Watcher watcher_;
  std::vector<Watcher::Watch*> watches_;
  bool is_wanted_ = false;
  bool is_paused_ = false;
  Instant ticked_;
  Instant again_;
};

}  // namespace loka::net
