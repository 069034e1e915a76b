// Engines one after the other on one shard: what worker/engine.cpp does around Serving, without
// processes. An engine that dies takes everything with it but the shard, the public slot and the
// machine's sockets.
#pragma once

#include <cstddef>
#include <memory>

#include "shm/public_segment.h"
#include "shm/store.h"
#include "tests/sim/machine.h"
#include "worker/recovery.h"
#include "worker/serving.h"

namespace loka::sim {

class EngineLife {
 public:
  EngineLife(config::Config config, const shm::ShardSizes& sizes);
  ~EngineLife();
  EngineLife(const EngineLife&) = delete;
  EngineLife& operator=(const EngineLife&) = delete;

  // A new engine recovers what the last one left and serves. May die of it.
  void start(bool last_death_counts);
  // What remains of an engine that died.
  void bury();
  // One turn of its loop.
  void turn();
  void use(config::Config config);

  [[nodiscard]] const shm::Slot& slot() const { return *slot_; }

 private:
  void take_over(const worker::Recovered& recovered);

  config::Config config_;
  shm::PublicSegment segment_;
  shm::OwnSlot slot_;
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  std::unique_ptr<void, Free> memory_;
  std::unique_ptr<shm::Store> store_;
  std::unique_ptr<worker::Serving> serving_;
  Instant next_tick_;
  uint64_t engines_ = 0;
};

}  // namespace loka::sim
