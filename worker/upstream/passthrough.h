// Passthrough, towards the pool: a miner's line goes on as it came, with only the id exchanged for
// ours and, in a submit, the login for the one that the pool knows.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/stratum/message.h"
#include "shm/transaction.h"
#include "worker/session/turn.h"

namespace loka::worker {

// A submit that passed the checks of this side, under one of the session's authorised logins.
void forward_submit(shm::Transaction& tx, uint32_t session, uint32_t login, std::string_view line,
                    const stratum::Message& message, const Turn& turn);

// Any other request that expects an answer.
void forward_request(shm::Transaction& tx, uint32_t session, shm::RequestKind kind,
                     std::string_view line, const stratum::Message& message, const Turn& turn);

// A notification, or the miner's answer to a request of the pool: the same bytes.
void forward_as_it_came(shm::Transaction& tx, uint32_t session, std::string_view line,
                        const Turn& turn);

}  // namespace loka::worker
