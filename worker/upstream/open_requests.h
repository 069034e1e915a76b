// The requests that wait for a pool's answer, in order of sending. Pools answer in order nearly
// always, so the first is tried first; at most kOpenRequestsMax and the expired ones are walked.
#pragma once

#include <cstdint>

#include "shm/transaction.h"

namespace loka::worker {

// Appends a request to the connection's list under the connection's next id, which it returns;
// 0 when the slot's table of requests is full.
[[nodiscard]] uint32_t add_request(shm::Transaction& tx, shm::Upstream& upstream,
                                   const shm::Request& request);

// Index of the open request with this number; kNobody if there is none.
[[nodiscard]] uint32_t find_request(shm::Transaction& tx, const shm::Upstream& upstream,
                                    uint64_t number);

// Takes it out of the list and closes its record; what it was is returned.
shm::Request take_request(shm::Transaction& tx, shm::Upstream& upstream, uint32_t index);

}  // namespace loka::worker
