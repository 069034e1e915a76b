#include "worker/upstream/held_lines.h"

#include <array>

#include "worker/session/session.h"
#include "worker/upstream/pool_connection.h"

namespace loka::worker {

using shm::kNobody;
using shm::Session;
using shm::Upstream;
using shm::UpstreamState;

bool must_hold(shm::Transaction& tx, const Upstream& upstream) {
  if (upstream.session == kNobody) return false;
  return upstream.state == UpstreamState::kReplaying ||
         !tx.look<Session>(upstream.session).has_subscribed;
}

bool hold_line(shm::Transaction& tx, uint32_t index, std::string_view line, const Turn& turn) {
  Upstream& upstream = tx.edit<Upstream>(index);
  if (upstream.held.waiting() + line.size() <= kHeldBytesMax && tx.append(upstream.held, line))
    return true;
  on_pool_lost(tx, index, Loss::kNoRoom, turn);
  return false;
}

bool release_held_lines(shm::Transaction& tx, uint32_t index, const Turn& turn) {
  Upstream& upstream = tx.edit<Upstream>(index);
  // Pieces need not end where lines do; the miner's stream joins them again.
  std::array<std::string_view, 16> pieces;
  while (!upstream.held.is_idle()) {
    const size_t count = tx.store().pages().pieces(upstream.held, pieces);
    for (size_t i = 0; i < count; ++i) {
      if (!say_to_miner(tx, upstream.session, pieces[i], turn)) return false;
      tx.advance(upstream.held, pieces[i].size());
    }
  }
  return true;
}

}  // namespace loka::worker
