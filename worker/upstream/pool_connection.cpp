#include "worker/upstream/pool_connection.h"

#include <algorithm>

#include "common/policy/backoff.h"
#include "common/stratum/format.h"
#include "worker/session/session.h"
#include "worker/session/share_ledger.h"
#include "worker/upstream/open_requests.h"
#include "worker/upstream/pool_choice.h"
#include "worker/upstream/replay.h"
#include "worker/upstream/steps.h"

namespace loka::worker {

using shm::Counter;
using shm::Gate;
using shm::kNobody;
using shm::Request;
using shm::RequestKind;
using shm::Session;
using shm::SessionState;
using shm::Step;
using shm::Upstream;
using shm::UpstreamState;

namespace {

// Between whole rounds through all pools.
constexpr Duration kRoundDelayMin = Duration::seconds(1);
constexpr Duration kRoundDelayMax = Duration::seconds(30);

void count_loss(Loss loss, bool had_served, const Turn& turn) {
  switch (loss) {
    case Loss::kConnectFailed:
      turn.counters.add(Counter::kPoolConnectFailures);
      break;
    case Loss::kStepTimeout:
      turn.counters.add(Counter::kPoolStepTimeouts);
      break;
    case Loss::kRefused:
      turn.counters.add(Counter::kPoolRefusals);
      break;
    case Loss::kClosed:
    case Loss::kMute:
    case Loss::kMisbehaved:
    case Loss::kReconnect:
    case Loss::kNoRoom:
      break;
  }
  if (had_served) turn.counters.add(Counter::kPoolLost);
}

// How long a miner waits before it is connected again. A pool that was steady is asked again soon,
// spread a little; one that failed is followed by the next at once; what may repeat at once (a pool
// that sends us away each time, tables that are full) backs off.
Duration delay_after(Loss loss, bool was_steady, const Session& session, const Turn& turn) {
  if (loss == Loss::kReconnect || loss == Loss::kNoRoom)
    return policy::backoff(session.quick_losses, kRoundDelayMin, kRoundDelayMax, turn.random);
  if (!was_steady) return {};
  return Duration::nanoseconds(
      static_cast<int64_t>(turn.random % static_cast<uint64_t>(kMoveJitterMax.ns())));
}

// One closed connection of many says nothing about a pool; one that never served does.
void note_failure(Loss loss, const Upstream& upstream, const Turn& turn) {
  if (upstream.pool >= shm::kPoolsMax || loss == Loss::kNoRoom || loss == Loss::kReconnect ||
      (loss == Loss::kClosed && upstream.has_served))
    return;
  shm::PoolLine& line = turn.pools[upstream.pool];
  line.failures_in_row.fetch_add(1, std::memory_order_relaxed);
  line.last_failure_ns.store(turn.now.ns(), std::memory_order_relaxed);
  line.refused.store(loss == Loss::kRefused ? 1 : 0, std::memory_order_relaxed);
}

// Answers every open request of a lost connection and closes its record. Steps of the handshake are
// not answered: the next pool is asked them again.
void settle_open_requests(shm::Transaction& tx, uint32_t upstream_index, std::string_view reason,
                          const Turn& turn) {
  Upstream& upstream = tx.edit<Upstream>(upstream_index);
  while (upstream.first_request != kNobody) {
    const Request request = take_request(tx, upstream, upstream.first_request);
    if (request.has_expired) continue;
    if (request.kind == RequestKind::kSubmit) settle_unanswered(tx, request);
    const bool wants_answer = request.kind != RequestKind::kStep &&
                              request.kind != RequestKind::kReplay && !request.id.empty();
    if (wants_answer && upstream.session != kNobody)
      answer_error(tx, upstream.session, request.id.view(), 20, reason, turn);
  }
}

void free_pool_connection(shm::Transaction& tx, uint32_t index) {
  Upstream& upstream = tx.edit<Upstream>(index);
  tx.drop(upstream.in);
  tx.drop(upstream.out);
  tx.drop(upstream.held);
  tx.close<Upstream>(index);
}

// A pool that served this miner well and long is asked first again: load balancers move
// connections. Any other failure sends the miner on to the next pool.
bool counts_as_tried(const Upstream& upstream, Loss loss, Instant now) {
  if (loss == Loss::kReconnect || loss == Loss::kNoRoom) return false;
  if (loss == Loss::kMute) return true;
  return !upstream.has_served || now - Instant::from_ns(upstream.opened_ns) < kPoolSteadyAfter;
}

}  // namespace

void ask_for_pool(shm::Transaction& tx, uint32_t session_index, Duration delay, const Turn& turn) {
  Session& session = tx.edit<Session>(session_index);
  session.gate = Gate::kWaitPool;
  if (session.pool_wait_ns == 0) session.pool_wait_ns = turn.now.ns();
  uint16_t pool = choose_pool(session.pools_tried, turn);
  if (pool >= turn.config.pools.size()) {
    ++session.rounds_failed;
    session.pools_tried = 0;
    pool = choose_pool(0, turn);
    delay =
        delay + policy::backoff(session.rounds_failed, kRoundDelayMin, kRoundDelayMax, turn.random);
  }
  const uint32_t index = tx.open<Upstream>();
  if (index == kNobody) {
    close_session(tx, session_index, Counter::kSessionsNoPool, turn);
    return;
  }
  Upstream& upstream = tx.edit<Upstream>(index);
  upstream.session = session_index;
  upstream.pool = pool;
  upstream.pool_identity = pool_identity(turn.config.pools[pool]);
  upstream.not_before_ns = (turn.now + delay).ns();
  session.upstream = index;
}

void on_pool_opened(shm::Transaction& tx, uint32_t index, const Turn& turn) {
  Upstream& upstream = tx.edit<Upstream>(index);
  upstream.opened_ns = turn.now.ns();
  upstream.last_line_ns = turn.now.ns();
  upstream.step_ns = 0;
  begin_replay(tx, index, turn);
}

void on_pool_lost(shm::Transaction& tx, uint32_t index, Loss loss, const Turn& turn) {
  Upstream& upstream = tx.edit<Upstream>(index);
  if (upstream.in_use == 0) return;
  count_loss(loss, upstream.has_served && upstream.session != kNobody, turn);
  note_failure(loss, upstream, turn);
  settle_open_requests(tx, index, "Pool connection lost", turn);
  if (upstream.in_use == 0) return;  // its miner took too little, was closed, and took it along
  const uint32_t session_index = upstream.session;
  const bool is_tried = counts_as_tried(upstream, loss, turn.now);
  const bool was_steady =
      upstream.has_served && turn.now - Instant::from_ns(upstream.opened_ns) >= kPoolSteadyAfter;
  const bool has_served = upstream.has_served;
  const uint32_t tried_bit = upstream.pool < 32 ? 1U << upstream.pool : 0;
  free_pool_connection(tx, index);
  if (session_index == kNobody) return;

  Session& session = tx.edit<Session>(session_index);
  if (session.in_use == 0) return;  // closed while it was answered
  session.upstream = kNobody;
  session.pool_requests = 0;
  if (is_tried) session.pools_tried |= tried_bit;
  session.quick_losses =
      was_steady ? uint8_t{1} : static_cast<uint8_t>(std::min(session.quick_losses + 1, 100));
  show_in_rows(tx, session);
  if (session.state == SessionState::kClosing ||
      (session.state == SessionState::kDraining && session.pending == Step::kNone &&
       session.gate != Gate::kWaitPool)) {
    session.gate = Gate::kOpen;
    close_if_done(tx, session_index, turn);
    return;
  }
  // A further login that this pool cannot bear would take the miner from pool to pool for ever.
  if (session.pending == Step::kAuthorize && has_served) {
    decline_authorize(tx, session_index, turn);
    if (session.in_use == 0) return;
  }
  // A pool that cannot bear configure may close on it: the miner goes on without rolling.
  if (session.pending == Step::kConfigure && loss != Loss::kConnectFailed) {
    decline_configure(tx, session_index, turn);
    if (session.in_use == 0) return;
  }
  const bool needs_pool = session.has_subscribed || session.pending != Step::kNone ||
                          session.gate == Gate::kWaitPool || is_authorized(tx, session);
  if (!needs_pool) {
    session.gate = Gate::kOpen;
    session.pool_wait_ns = 0;
    return;
  }
  ask_for_pool(tx, session_index, delay_after(loss, was_steady, session, turn), turn);
}

void orphan_pool_connection(shm::Transaction& tx, uint32_t index, const Turn& turn) {
  Upstream& upstream = tx.edit<Upstream>(index);
  uint32_t verdicts_due = 0;
  for (uint32_t at = upstream.first_request; at != kNobody; at = tx.look<Request>(at).next) {
    Request& request = tx.edit<Request>(at);
    if (request.kind == RequestKind::kSubmit) {
      if (!request.has_expired) settle_unanswered(tx, request);
      ++verdicts_due;
    }
    if (!request.has_expired) ++upstream.expired_requests;
    request.has_expired = true;
    request.login = kNobody;
  }
  upstream.session = kNobody;
  upstream.drain_ns = turn.now.ns();
  upstream.state = UpstreamState::kDraining;
  tx.drop(upstream.held);
  if (verdicts_due == 0) {
    settle_open_requests(tx, index, {}, turn);
    free_pool_connection(tx, index);
  }
}

void close_if_done_upstream(shm::Transaction& tx, uint32_t index) {
  const Upstream& upstream = tx.look<Upstream>(index);
  if (upstream.in_use == 0 || upstream.state != UpstreamState::kDraining) return;
  if (upstream.open_requests == 0) free_pool_connection(tx, index);
}

bool say_to_pool(shm::Transaction& tx, uint32_t index, std::string_view line, const Turn& turn) {
  Upstream& upstream = tx.edit<Upstream>(index);
  if (upstream.in_use == 0) return false;
  const bool has_room =
      upstream.out.waiting() + line.size() <= kPoolQueueBytesMax + stratum::kMinerLineBytesMax;
  if (has_room && tx.append(upstream.out, line)) return true;
  turn.counters.add(has_room ? Counter::kPagesExhausted : Counter::kQueueFull);
  on_pool_lost(tx, index, Loss::kNoRoom, turn);
  return false;
}

void on_pool_serves(shm::Transaction& tx, uint32_t index, const Turn& turn) {
  Upstream& upstream = tx.edit<Upstream>(index);
  upstream.has_served = true;
  Session& session = tx.edit<Session>(upstream.session);
  session.pool_wait_ns = 0;
  session.pools_tried = 0;
  session.rounds_failed = 0;
  if (upstream.pool >= shm::kPoolsMax) return;
  shm::PoolLine& line = turn.pools[upstream.pool];
  line.last_success_ns.store(turn.now.ns(), std::memory_order_relaxed);
  line.failures_in_row.store(0, std::memory_order_relaxed);
  line.refused.store(0, std::memory_order_relaxed);
}

void set_deadline(shm::Transaction& tx, Upstream& upstream) {
  int64_t deadline = Instant::never().ns();
  const auto due = [&deadline](int64_t since_ns, Duration patience) {
    if (since_ns != 0) deadline = std::min(deadline, since_ns + patience.ns());
  };
  if (upstream.state == UpstreamState::kWanted) {
    deadline = upstream.not_before_ns;
  } else {
    due(upstream.step_ns, kPoolStepTimeout);
    due(upstream.drain_ns, kDrainMax);
    due(upstream.stalled_ns, kStallMax);
    if (upstream.state == UpstreamState::kOpen) due(upstream.last_line_ns, kPoolSilenceMax);
    // Sent in order, so the first that has not expired is the oldest.
    for (uint32_t at = upstream.first_request; at != kNobody;) {
      const Request& request = tx.look<Request>(at);
      if (!request.has_expired && request.kind != RequestKind::kStep) {
        due(request.sent_ns, kAnswerTimeout);
        break;
      }
      at = request.next;
    }
  }
  upstream.deadline_ns = deadline;
}

namespace {

// A request that got no answer in time is answered with an error here. One of a share stays in the
// list, so that a late verdict is known for what it is; of those, the oldest go first.
void expire(shm::Transaction& tx, uint32_t upstream_index, uint32_t request_index,
            const Turn& turn) {
  Upstream& upstream = tx.edit<Upstream>(upstream_index);
  Request& request = tx.edit<Request>(request_index);
  const Request expired = request;
  if (expired.kind == RequestKind::kSubmit) {
    request.has_expired = true;
    ++upstream.expired_requests;
    settle_unanswered(tx, expired);
  } else {
    take_request(tx, upstream, request_index);
  }
  if (expired.kind != RequestKind::kReplay && !expired.id.empty() && upstream.session != kNobody)
    answer_error(tx, upstream.session, expired.id.view(), 20, "No answer from the pool", turn);
}

void expire_requests(shm::Transaction& tx, uint32_t index, const Turn& turn) {
  Upstream& upstream = tx.edit<Upstream>(index);
  for (uint32_t at = upstream.first_request; at != kNobody && upstream.in_use != 0;) {
    const Request& seen = tx.look<Request>(at);
    const uint32_t next = seen.next;
    if (!seen.has_expired && seen.kind != RequestKind::kStep &&
        turn.now.ns() >= seen.sent_ns + kAnswerTimeout.ns())
      expire(tx, index, at, turn);
    at = next;
  }
  for (uint32_t at = upstream.first_request;
       upstream.in_use != 0 && upstream.expired_requests > kExpiredKeptMax && at != kNobody;) {
    const Request& seen = tx.look<Request>(at);
    const uint32_t next = seen.next;
    if (seen.has_expired) take_request(tx, upstream, at);
    at = next;
  }
}

}  // namespace

void on_upstream_deadline(shm::Transaction& tx, uint32_t index, const Turn& turn) {
  Upstream& upstream = tx.edit<Upstream>(index);
  const auto is_over = [&turn](int64_t since_ns, Duration patience) {
    return since_ns != 0 && turn.now.ns() >= since_ns + patience.ns();
  };
  if (is_over(upstream.drain_ns, kDrainMax)) {
    settle_open_requests(tx, index, {}, turn);
    free_pool_connection(tx, index);
    return;
  }
  if (is_over(upstream.step_ns, kPoolStepTimeout)) {
    on_pool_lost(tx, index, Loss::kStepTimeout, turn);
    return;
  }
  if (is_over(upstream.stalled_ns, kStallMax)) {
    on_pool_lost(tx, index, Loss::kMute, turn);
    return;
  }
  if (upstream.state == UpstreamState::kOpen && is_over(upstream.last_line_ns, kPoolSilenceMax)) {
    on_pool_lost(tx, index, Loss::kMute, turn);
    return;
  }
  const int64_t silent_since_ns = upstream.last_line_ns;
  expire_requests(tx, index, turn);
  // A pool that answers others but not this share is slow; one that says nothing at all is mute.
  if (upstream.in_use != 0 && upstream.state == UpstreamState::kOpen &&
      upstream.open_requests > 0 && is_over(silent_since_ns, kAnswerTimeout))
    on_pool_lost(tx, index, Loss::kMute, turn);
}

}  // namespace loka::worker
