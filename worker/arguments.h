// The command line of loka-worker, which loka-stratum writes and a keeper writes again when it
// executes itself anew. Not for people; CLI11 would be heavier than the program it serves.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "common/base/result.h"

namespace loka::worker {

inline constexpr size_t kListenersMax = 16;

// What a keeper is told. Descriptors are inherited numbers; -1: not given.
struct Orders {
  uint32_t slot = 0;  // from 1
  int segment = -1;
  std::array<int, kListenersMax> listeners{};
  size_t listener_count = 0;
  int log = -1;
  int channel = -1;
  std::string runtime_dir;
  // Only from a keeper to itself: what it already has.
  int shard = -1;
  int lock = -1;

  [[nodiscard]] std::span<const int> listener_fds() const {
    return {listeners.data(), listener_count};
  }
};

struct Arguments {
  bool tests_pools = false;  // --test-pool-connection; else `orders` are complete
  bool shows_version = false;
  Orders orders;
};

// arguments: without the program's own name.
//   error  one sentence for the operator who typed it
[[nodiscard]] Result<Arguments, std::string> parse_arguments(
    std::span<const char* const> arguments);

}  // namespace loka::worker
