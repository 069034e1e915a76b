// What a pool says, line by line: answers find the miner's own id, notifications go on as they came
// once they have proved harmless, and a few things stay here.
#pragma once

#include <cstdint>
#include <string_view>

#include "shm/transaction.h"
#include "worker/session/turn.h"

namespace loka::worker {

// One whole line without its newline. A line that is not a message, or of a shape that could hurt a
// firmware, is counted and dropped; the state before it stays in force.
void handle_pool_line(shm::Transaction& tx, uint32_t upstream, std::string_view line,
                      const Turn& turn);

}  // namespace loka::worker
