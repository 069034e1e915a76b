// How many miners the limit on open files carries. Each miner costs two descriptors in its worker
// process, its own connection and its pool connection.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/result.h"

namespace loka::supervisor {

inline constexpr uint64_t kDescriptorsPerMiner = 2;
// Listeners, segments, log, timers, pool connections that drain.
inline constexpr uint64_t kDescriptorsReserved = 64;

// Raises the soft RLIMIT_NOFILE to the hard one, which the workers inherit; returns it.
[[nodiscard]] Result<uint64_t, SystemError> raise_descriptor_limit();

// What each worker's limit must be for so many miners over all workers.
[[nodiscard]] uint64_t descriptors_needed(uint64_t connections, uint32_t workers);
// How many miners all workers together carry with this limit each; at most `per_worker_max` in one.
[[nodiscard]] uint32_t connections_carried(uint64_t limit, uint32_t workers,
                                           uint32_t per_worker_max);
// The sentence for an operator who asks for more than the limit carries; nullopt: it does.
[[nodiscard]] std::optional<std::string> descriptor_warning(uint64_t limit, uint64_t connections,
                                                            uint32_t workers);

}  // namespace loka::supervisor
