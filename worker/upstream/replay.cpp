#include "worker/upstream/replay.h"

#include "common/stratum/configure_result.h"
#include "common/stratum/format.h"
#include "common/stratum/reject.h"
#include "common/stratum/subscribe_result.h"
#include "worker/session/session.h"
#include "worker/upstream/held_lines.h"
#include "worker/upstream/open_requests.h"
#include "worker/upstream/pool_connection.h"
#include "worker/upstream/steps.h"

namespace loka::worker {

using shm::Counter;
using shm::Gate;
using shm::kNobody;
using shm::Login;
using shm::Replay;
using shm::Request;
using shm::RequestKind;
using shm::Session;
using shm::Upstream;
using shm::UpstreamState;

namespace {

// The next login of the session that the new pool has not been asked for; kNobody after the last.
uint32_t next_authorized(shm::Transaction& tx, uint32_t login) {
  while (login != kNobody && !tx.look<Login>(login).is_authorized)
    login = tx.look<Login>(login).next;
  return login;
}

// Tells the miner what is different with this pool. False when it cannot be told and was let go.
bool tell_differences(shm::Transaction& tx, const Upstream& upstream, const Turn& turn) {
  const uint32_t index = upstream.session;
  Session& session = tx.edit<Session>(index);
  if (session.has_subscribed && (upstream.extranonce1.view() != session.extranonce1.view() ||
                                 upstream.extranonce2_size != session.extranonce2_size)) {
    if (!session.has_extranonce_subscribed) {
      close_session(tx, index, Counter::kSessionsMoved, turn);
      return false;
    }
    session.extranonce1 = upstream.extranonce1;
    session.extranonce2_size = upstream.extranonce2_size;
    const size_t length =
        stratum::set_extranonce(turn.line, session.extranonce1.view(), session.extranonce2_size);
    if (!say_to_miner(tx, index, {turn.line.data(), length}, turn)) return false;
  }
  if (session.has_rolling && upstream.version_mask != session.version_mask) {
    session.version_mask = upstream.version_mask;
    const size_t length = stratum::set_version_mask(turn.line, session.version_mask);
    if (!say_to_miner(tx, index, {turn.line.data(), length}, turn)) return false;
  }
  return true;
}

void finish(shm::Transaction& tx, uint32_t index, const Turn& turn) {
  Upstream& upstream = tx.edit<Upstream>(index);
  upstream.replay = Replay::kNone;
  upstream.state = UpstreamState::kOpen;
  if (!tell_differences(tx, upstream, turn)) return;
  Session& session = tx.edit<Session>(upstream.session);
  if (is_authorized(tx, session)) {
    on_pool_serves(tx, index, turn);
    show_in_rows(tx, session);
  }
  if (session.has_subscribed && !release_held_lines(tx, index, turn)) return;
  session.gate = Gate::kOpen;
  const bool may_ask =
      upstream.pool < turn.config.pools.size() && turn.config.pools[upstream.pool].extranonce;
  if (session.has_extranonce_subscribed && may_ask) {
    // Asked without waiting: some pools never answer it. It must not be the miner's request, so the
    // answer is for nobody.
    Request request;
    request.kind = RequestKind::kReplay;
    request.sent_ns = turn.now.ns();
    const uint32_t number = add_request(tx, upstream, request);
    const size_t length =
        number == 0 ? 0 : stratum::request(turn.line, number, "mining.extranonce.subscribe", "[]");
    if (length > 0 && !say_to_pool(tx, index, {turn.line.data(), length}, turn)) return;
  }
  ask_pending_step(tx, index, turn);
}

void ask_next_authorize(shm::Transaction& tx, uint32_t index, uint32_t login, const Turn& turn) {
  Upstream& upstream = tx.edit<Upstream>(index);
  upstream.replay_login = next_authorized(tx, login);
  if (upstream.replay_login == kNobody) {
    finish(tx, index, turn);
    return;
  }
  upstream.replay = Replay::kAuthorize;
  ask_authorize(tx, index, upstream.replay_login, RequestKind::kReplay, turn);
}

void ask_next_subscribe(shm::Transaction& tx, uint32_t index, const Turn& turn) {
  Upstream& upstream = tx.edit<Upstream>(index);
  const Session& session = tx.look<Session>(upstream.session);
  if (!session.has_subscribed) {
    ask_next_authorize(tx, index, session.first_login, turn);
    return;
  }
  upstream.replay = Replay::kSubscribe;
  ask_subscribe(tx, index, RequestKind::kReplay, turn);
}

bool take_extranonce(Upstream& upstream, std::string_view line, const stratum::Message& answer) {
  if (!answer.error.is_null()) return false;
  const auto result = stratum::read_subscribe_result(answer.result.span.of(line));
  if (!result) return false;
  upstream.extranonce1.assign(result->extranonce1);
  upstream.extranonce2_size = static_cast<uint8_t>(result->extranonce2_size);
  return true;
}

}  // namespace

void begin_replay(shm::Transaction& tx, uint32_t index, const Turn& turn) {
  Upstream& upstream = tx.edit<Upstream>(index);
  upstream.state = UpstreamState::kReplaying;
  if (tx.look<Session>(upstream.session).has_configured) {
    upstream.replay = Replay::kConfigure;
    ask_configure(tx, index, RequestKind::kReplay, turn);
  } else {
    ask_next_subscribe(tx, index, turn);
  }
}

void on_replay_answer(shm::Transaction& tx, uint32_t index, std::string_view line,
                      const stratum::Message& answer, const Turn& turn) {
  Upstream& upstream = tx.edit<Upstream>(index);
  if (upstream.replay != Replay::kNone) upstream.step_ns = 0;
  switch (upstream.replay) {
    case Replay::kConfigure: {
      const auto granted = stratum::read_configure_result(answer.result.span.of(line));
      upstream.has_rolling = granted.has_rolling;
      upstream.version_mask = granted.has_rolling ? granted.mask : 0;
      ask_next_subscribe(tx, index, turn);
      break;
    }
    case Replay::kSubscribe:
      if (!take_extranonce(upstream, line, answer)) {
        on_pool_lost(tx, index, Loss::kRefused, turn);
        break;
      }
      ask_next_authorize(tx, index, tx.look<Session>(upstream.session).first_login, turn);
      break;
    case Replay::kAuthorize:
      if (!stratum::is_granted(answer)) {
        on_pool_lost(tx, index, Loss::kRefused, turn);
        break;
      }
      ask_next_authorize(tx, index, tx.look<Login>(upstream.replay_login).next, turn);
      break;
    case Replay::kNone:
      break;  // extranonce.subscribe: nobody waits for it
  }
}

}  // namespace loka::worker
