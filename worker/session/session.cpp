#include "worker/session/session.h"

#include <algorithm>

#include "common/stratum/format.h"
#include "worker/session/share_ledger.h"
#include "worker/upstream/open_requests.h"
#include "worker/upstream/pool_connection.h"

namespace loka::worker {

using shm::Counter;
using shm::Gate;
using shm::kNobody;
using shm::Login;
using shm::Session;
using shm::SessionState;
using shm::Upstream;

uint32_t open_session(shm::Transaction& tx, const shm::SocketName& socket,
                      const SocketAddress& address, const Turn& turn) {
  const uint32_t index = tx.open<Session>();
  if (index == kNobody) return kNobody;
  Session& session = tx.edit<Session>(index);
  session.socket = socket;
  session.address = address;
  session.accepted_ns = turn.now.ns();
  session.last_line_ns = turn.now.ns();
  return index;
}

bool say_to_miner(shm::Transaction& tx, uint32_t index, std::string_view line, const Turn& turn) {
  Session& session = tx.edit<Session>(index);
  if (session.in_use == 0 || session.state == SessionState::kClosing) return false;
  if (session.out.waiting() + line.size() > kMinerQueueBytesMax) {
    close_session(tx, index, Counter::kSessionsStuck, turn);
    return false;
  }
  if (!tx.append(session.out, line)) {
    close_session(tx, index, Counter::kPagesExhausted, turn);
    return false;
  }
  return true;
}

bool answer_error(shm::Transaction& tx, uint32_t index, std::string_view id, int code,
                  std::string_view text, const Turn& turn) {
  turn.counters.add(Counter::kMinerRequestsRefused);
  const size_t length = stratum::response_error(turn.line, id, code, text);
  return say_to_miner(tx, index, {turn.line.data(), length}, turn);
}

void close_after_answer(shm::Transaction& tx, uint32_t index, Counter reason, const Turn& turn) {
  Session& session = tx.edit<Session>(index);
  if (session.in_use == 0 || session.state == SessionState::kClosing) return;
  turn.counters.add(reason);
  session.state = SessionState::kClosing;
  session.drain_ns = turn.now.ns();
  tx.drop(session.in);
}

void close_session(shm::Transaction& tx, uint32_t index, Counter reason, const Turn& turn) {
  Session& session = tx.edit<Session>(index);
  if (session.in_use == 0) return;
  turn.counters.add(reason);
  turn.counters.add(Counter::kConnectionsClosed);
  if (session.upstream != kNobody) orphan_pool_connection(tx, session.upstream, turn);
  while (session.first_login != kNobody) remove_login(tx, index, session.first_login);
  tx.drop(session.in);
  tx.drop(session.out);
  tx.close<Session>(index);
}

void drain_session(shm::Transaction& tx, uint32_t index, const Turn& turn) {
  Session& session = tx.edit<Session>(index);
  if (session.state != SessionState::kOpen) return;
  turn.counters.add(Counter::kSessionsLeft);
  session.state = SessionState::kDraining;
  session.drain_ns = turn.now.ns();
}

void close_if_done(shm::Transaction& tx, uint32_t index, const Turn& turn) {
  const Session& session = tx.look<Session>(index);
  if (session.in_use == 0 || !session.out.is_idle()) return;
  if (session.state == SessionState::kDraining) {
    if (session.gate != Gate::kOpen) return;
    if (session.upstream != kNobody && tx.look<Upstream>(session.upstream).open_requests > 0)
      return;
  } else if (session.state != SessionState::kClosing) {
    return;
  }
  close_session(tx, index, Counter::kSessionsEnded, turn);
}

void set_deadline(Session& session, bool is_authorized) {
  int64_t deadline = Instant::never().ns();
  const auto due = [&deadline](int64_t since_ns, Duration patience) {
    if (since_ns != 0) deadline = std::min(deadline, since_ns + patience.ns());
  };
  due(session.drain_ns, kDrainMax);
  due(session.stalled_ns, kStallMax);
  if (session.state == SessionState::kOpen) {
    due(session.pool_wait_ns, kPoolWaitMax);
    if (session.gate == Gate::kOpen) {  // else it waits for us, not we for it
      if (!session.has_subscribed) due(session.accepted_ns, kSubscribeTimeout);
      if (!is_authorized) due(session.accepted_ns, kAuthorizeTimeout);
    }
  }
  session.deadline_ns = deadline;
}

void on_session_deadline(shm::Transaction& tx, uint32_t index, const Turn& turn) {
  const Session& session = tx.look<Session>(index);
  const auto is_over = [&turn](int64_t since_ns, Duration patience) {
    return since_ns != 0 && turn.now.ns() >= since_ns + patience.ns();
  };
  if (is_over(session.drain_ns, kDrainMax)) {
    close_session(tx, index, Counter::kSessionsEnded, turn);
  } else if (is_over(session.stalled_ns, kStallMax)) {
    close_session(tx, index, Counter::kSessionsStuck, turn);
  } else if (is_over(session.pool_wait_ns, kPoolWaitMax)) {
    close_session(tx, index, Counter::kSessionsNoPool, turn);
  } else if (session.state == SessionState::kOpen && session.gate == Gate::kOpen &&
             ((!session.has_subscribed && is_over(session.accepted_ns, kSubscribeTimeout)) ||
              (!is_authorized(tx, session) && is_over(session.accepted_ns, kAuthorizeTimeout)))) {
    close_session(tx, index, Counter::kSessionsHandshakeTimeout, turn);
  } else {
    tx.edit<Session>(index);  // nothing is due: the commit sets the deadline anew
  }
}

}  // namespace loka::worker
