// A known miner on a new pool connection: its handshake is repeated, one step at a time and waiting
// for each answer, before its lines may flow again. What the new pool grants is compared with what
// the miner knows; the difference is told by set_extranonce and set_version_mask, or the miner is
// let go so that it comes again.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/stratum/message.h"
#include "shm/transaction.h"
#include "worker/session/turn.h"

namespace loka::worker {

// The connection has just been opened. With nothing to repeat the miner's lines flow at once.
void begin_replay(shm::Transaction& tx, uint32_t upstream, const Turn& turn);

// The pool's answer to the step that was asked last. line: the answer, for nested results.
void on_replay_answer(shm::Transaction& tx, uint32_t upstream, std::string_view line,
                      const stratum::Message& answer, const Turn& turn);

}  // namespace loka::worker
