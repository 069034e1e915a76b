// One run: miners, pools, engines that die, and the end, when everybody is answered and leaves.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/engine_life.h"
#include "tests/sim/ledger.h"
#include "tests/sim/miner.h"
#include "tests/sim/pool.h"

namespace loka::sim {

// What happened in one or more runs.
struct Tally {
  uint64_t commits = 0;
  uint64_t deaths = 0;
  uint64_t miners = 0;
  uint64_t submits = 0;
  uint64_t accepted = 0;
};

class World {
 public:
  World(uint64_t seed, bool is_verbose);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Nothing, or which rule was broken.
  [[nodiscard]] std::optional<std::string> run();
  [[nodiscard]] const Tally& tally() const { return tally_; }

 private:
  [[nodiscard]] config::Config config();
  [[nodiscard]] shm::ShardSizes sizes();
  void live();
  void step(Duration time);
  void run_engine();
  void revive(bool death_counts);
  void doom();
  void change_configuration();
  void check_books() const;

  Machine machine_;
  Ledger ledger_;
  Scene scene_;
  Heard heard_;
  config::Config config_;
  std::vector<std::unique_ptr<Pool>> pools_;
  std::vector<std::unique_ptr<Miner>> miners_;
  std::unique_ptr<EngineLife> engine_;
  uint64_t deaths_left_ = 0;
  uint64_t death_distance_ = 0;
  int64_t next_check_ns_ = 0;
  Tally tally_;
};

}  // namespace loka::sim
