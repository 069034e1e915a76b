// The life of a pool connection, as changes of records: wanted, opened, lost, left behind by its
// miner. What is said over it stands in passthrough (towards the pool) and pool_line (from it).
#pragma once

#include <cstdint>
#include <string_view>

#include "shm/transaction.h"
#include "worker/session/turn.h"

namespace loka::worker {

enum class Loss : uint8_t {
  kConnectFailed,  // refused, unreachable, or no address
  kStepTimeout,    // connect or a step of the handshake took longer than kPoolStepTimeout
  kRefused,        // it refused subscribe or our own credentials
  kClosed,         // FIN or RST
  kMute,           // a submit was not answered in kAnswerTimeout and nothing else came either
  kMisbehaved,     // a line too long, bad lines during the handshake, an extranonce we cannot use
  kReconnect,      // it asked us to come again
  kNoRoom,         // our own tables or pages are full
};

// The session needs a pool and has none: a record for a connection that the engine will open. The
// pools are tried in their order, those that failed lately after the others; when all have failed,
// again after a back-off. From now on the session waits (Gate::kWaitPool).
void ask_for_pool(shm::Transaction& tx, uint32_t session, Duration delay, const Turn& turn);

// The socket is connected. A known miner's handshake is replayed first, else its lines may flow.
void on_pool_opened(shm::Transaction& tx, uint32_t upstream, const Turn& turn);

// The connection is over: its open requests are settled and answered with an error, its record is
// free with this commit, and its miner, if it is still there, asks for the next pool.
void on_pool_lost(shm::Transaction& tx, uint32_t upstream, Loss loss, const Turn& turn);

// Its miner has gone: shares in flight are unanswered from now on. The connection stays at most
// kDrainMax for their late verdicts, or closes at once if there are none.
void orphan_pool_connection(shm::Transaction& tx, uint32_t upstream, const Turn& turn);

// Closes an orphan whose last verdict has come.
void close_if_done_upstream(shm::Transaction& tx, uint32_t upstream);

// Puts one line behind what waits for the pool; on want of room the connection is lost and false
// returned.
bool say_to_pool(shm::Transaction& tx, uint32_t upstream, std::string_view line, const Turn& turn);

// The pool has authorised a login: it serves this miner.
void on_pool_serves(shm::Transaction& tx, uint32_t upstream, const Turn& turn);

void set_deadline(shm::Transaction& tx, shm::Upstream& upstream);
void on_upstream_deadline(shm::Transaction& tx, uint32_t upstream, const Turn& turn);

}  // namespace loka::worker
