// Where every share is named. A submit enters as refused or as in flight, and leaves in flight
// once, to accepted, rejected or unanswered; each step moves the slot's block and the miner's row
// in the same commit as the line that caused it, so that the sums hold in every snapshot.
#pragma once

#include <cstdint>

#include "common/base/time.h"
#include "shm/transaction.h"

namespace loka::worker {

// login: index of the login it came under, kNobody if it named none of the session's.
void count_refused(shm::Transaction& tx, uint32_t login);
void count_forwarded(shm::Transaction& tx, uint32_t login);

// The pool's verdict on a share in flight. pool: position in the configuration.
void settle_accepted(shm::Transaction& tx, const shm::Request& share, uint16_t pool, Instant now);
void settle_rejected(shm::Transaction& tx, const shm::Request& share, uint16_t pool);
// No verdict in time, or its miner or its pool connection had gone.
void settle_unanswered(shm::Transaction& tx, const shm::Request& share);
// A verdict on a share that is settled as unanswered changes no state and is counted beside it.
void count_late(shm::Transaction& tx, uint16_t pool, bool is_accepted);

}  // namespace loka::worker
