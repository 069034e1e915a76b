// What `auto` means on this machine. The published configuration says numbers in its place, so that
// every engine and every reader sees the same ones.
#pragma once

#include <cstdint>

#include "common/config/config.h"

namespace loka::supervisor {

// server.workers, or one per core that this process may use; 1…kWorkersMax.
[[nodiscard]] uint32_t workers_of(const config::Config& config);

// The configuration with server.workers and limiter.connections resolved.
//   limit  open files that each worker may have
[[nodiscard]] config::Config effective_config(const config::Config& config, uint32_t workers,
                                              uint64_t limit);

}  // namespace loka::supervisor
