// What can happen to a miner's session, as changes of records: it opens, is answered, waits, drains
// and closes. Which line does what stands in miner_line; what its pool does, in upstream/.
#pragma once

#include <cstdint>
#include <string_view>

#include "shm/transaction.h"
#include "worker/session/turn.h"

namespace loka::worker {

// A record for an accepted socket; kNobody when the slot has no place left.
[[nodiscard]] uint32_t open_session(shm::Transaction& tx, const shm::SocketName& socket,
                                    const SocketAddress& address, const Turn& turn);

// Puts one line, newline included, behind what waits for the miner. If it takes too little and its
// queue is full, or no page is left, the session is closed and counted; then false.
bool say_to_miner(shm::Transaction& tx, uint32_t session, std::string_view line, const Turn& turn);

// Refuses a request here, and counts it. id: raw JSON text.
bool answer_error(shm::Transaction& tx, uint32_t session, std::string_view id, int code,
                  std::string_view text, const Turn& turn);

// Says what is still queued and closes then; nothing more is read.
void close_after_answer(shm::Transaction& tx, uint32_t session, shm::Counter reason,
                        const Turn& turn);

// Ends the session with this commit: shares in flight become unanswered, its logins leave the
// public table. Its pool connection stays for late verdicts if there were any, else it closes too.
void close_session(shm::Transaction& tx, uint32_t session, shm::Counter reason, const Turn& turn);

// The miner sent its FIN: what it said before is still handled and answered, for at most kDrainMax.
void drain_session(shm::Transaction& tx, uint32_t session, const Turn& turn);

// Closes a session that is draining or closing and has nothing left to say or to wait for. The
// caller knows that no whole line of it waits.
void close_if_done(shm::Transaction& tx, uint32_t session, const Turn& turn);

// A deadline of the session has passed; closes it, or finds that nothing is due yet.
void on_session_deadline(shm::Transaction& tx, uint32_t session, const Turn& turn);

// Recomputes session.deadline_ns; to be called for every session that a commit touches.
void set_deadline(shm::Session& session, bool is_authorized);
[[nodiscard]] bool is_authorized(shm::Transaction& tx, const shm::Session& session);

// The login of this session with this name; kNobody if there is none.
[[nodiscard]] uint32_t find_login(shm::Transaction& tx, const shm::Session& session,
                                  std::string_view name);
// Adds a login that is not authorised yet; kNobody when the session or the slot has no place left.
[[nodiscard]] uint32_t add_login(shm::Transaction& tx, uint32_t session, std::string_view name,
                                 std::string_view password);
void remove_login(shm::Transaction& tx, uint32_t session, uint32_t login);
// The pool accepted it: it may submit, and has a public row from now on.
void authorize_login(shm::Transaction& tx, uint32_t session, uint32_t login, const Turn& turn);
// Writes the session's difficulty and pool into the public rows of its logins.
void show_in_rows(shm::Transaction& tx, const shm::Session& session);

}  // namespace loka::worker
