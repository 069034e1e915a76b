// The submits of one miner that wait for their answer: every submit has to get exactly one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/base/time.h"

namespace loka::sim {

class OpenSubmits {
 public:
  // A miner with this many open submits waits; real ones give up long before.
  static constexpr size_t kMax = 1024;

  [[nodiscard]] size_t size() const { return open_.size(); }
  [[nodiscard]] bool is_full() const { return open_.size() >= kMax; }

  // ids are never used twice. Needs !is_full().
  void add(uint64_t id, Instant sent);
  // When it was sent, and it is open no longer; nullopt if it is not open, so that an answer to it
  // is one too many.
  std::optional<Instant> take(uint64_t id);
  // Forgets all; returns how many there were.
  size_t abandon();

 private:
  struct Open {
    uint64_t id;
    Instant sent;
  };
  std::vector<Open> open_;  // oldest first; answers mostly come in this order
};

}  // namespace loka::sim
