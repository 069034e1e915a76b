// The three steps of the handshake, towards the pool: asked for the miner when it says them, and
// asked again for it when its pool connection is a new one.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/stratum/message.h"
#include "shm/transaction.h"
#include "worker/session/turn.h"

namespace loka::worker {

// Sends one step over this connection, built from what the session keeps of it.
//   kind   kStep: the miner waits for the answer; kReplay: we do
//   login  for kAuthorize
// On want of room the connection is lost.
void ask_configure(shm::Transaction& tx, uint32_t upstream, shm::RequestKind kind,
                   const Turn& turn);
void ask_subscribe(shm::Transaction& tx, uint32_t upstream, shm::RequestKind kind,
                   const Turn& turn);
void ask_authorize(shm::Transaction& tx, uint32_t upstream, uint32_t login, shm::RequestKind kind,
                   const Turn& turn);

// Asks the step that the miner is waiting for (Session::pending).
void ask_pending_step(shm::Transaction& tx, uint32_t upstream, const Turn& turn);

// Keeps the parameters of a step as the next pool is to be asked them; what is too long is cut to
// what a pool can do without: the agent's end, info extensions.
void keep_configure(shm::Session& session, std::string_view params);
void keep_subscribe(shm::Session& session, std::string_view params, std::string_view agent);

// Answers a pending configure with "no version rolling", because no pool answers it.
void decline_configure(shm::Transaction& tx, uint32_t session, const Turn& turn);

// Refuses a pending authorize; a login that was authorised before stays.
void decline_authorize(shm::Transaction& tx, uint32_t session, const Turn& turn);

}  // namespace loka::worker
