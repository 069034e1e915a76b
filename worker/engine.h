// The engine: one libuv loop that serves the miners of this slot. It is cloned by its keeper, takes
// over what the last engine left, and ends in one way only: it dies.
#pragma once

#include <cstdint>
#include <span>

namespace loka::worker {

// Descriptor numbers are those of the table that keeper and engine share; all stay open.
struct EngineInputs {
  uint32_t slot = 0;
  uint32_t epoch = 0;
  int segment_fd = -1;
  int shard_fd = -1;
  int log_fd = -1;
  std::span<const int> listener_fds;
  std::span<const int> kept_fds;  // whatever else the sweep must leave alone: channel, lock
};

// Recovers, serves, and returns the exit code of a graceful stop (0) or of a start that failed.
int run_engine(const EngineInputs& inputs);

}  // namespace loka::worker
