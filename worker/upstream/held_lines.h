// Lines of a pool that its miner must not see yet: a job or a difficulty before the subscribe
// result makes old firmware crash and others idle. They are kept with the
// connection, bounded, and said right after it.
#pragma once

#include <cstdint>
#include <string_view>

#include "shm/transaction.h"
#include "worker/session/turn.h"

namespace loka::worker {

// Whether what this pool says to its miner has to wait.
[[nodiscard]] bool must_hold(shm::Transaction& tx, const shm::Upstream& upstream);

// Keeps one line, newline included. On want of room the connection is lost and false returned.
bool hold_line(shm::Transaction& tx, uint32_t upstream, std::string_view line, const Turn& turn);

// Says everything that was held to the miner. False when the session was closed over it.
bool release_held_lines(shm::Transaction& tx, uint32_t upstream, const Turn& turn);

}  // namespace loka::worker
