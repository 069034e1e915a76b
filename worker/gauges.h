// How many miners and pool connections an engine has: counted as they come and go, so that nobody
// walks over records to show them. What one connection was counted as stands with its port.
#pragma once

#include <array>
#include <cstdint>

#include "shm/layout.h"
#include "shm/records/upstream.h"

namespace loka::worker {

class Gauges {
 public:
  // What one connection counts as at the moment.
  struct Counted {
    bool session = false;
    bool authorized = false;
    uint16_t pool = shm::kNoPool;
    bool serves = false;
  };

  void count_session(Counted& was, bool is_open, bool is_authorized);
  // pool: position in the configuration; kNoPool: none any more.
  void count_pool(Counted& was, uint16_t pool, bool serves);

  [[nodiscard]] uint32_t sessions() const { return sessions_; }
  void publish(shm::Slot& slot) const;

 private:
  uint32_t sessions_ = 0;
  uint32_t authorized_ = 0;
  std::array<uint32_t, shm::kPoolsMax> connections_{};
  std::array<uint32_t, shm::kPoolsMax> serving_{};
};

}  // namespace loka::worker
