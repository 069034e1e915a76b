#include "worker/upstream/pool_line.h"

#include <charconv>
#include <cstdlib>

#include "common/base/log.h"
#include "common/stratum/configure_result.h"
#include "common/stratum/format.h"
#include "common/stratum/notify.h"
#include "common/stratum/reconnect.h"
#include "common/stratum/reject.h"
#include "common/stratum/subscribe_result.h"
#include "worker/session/session.h"
#include "worker/session/share_ledger.h"
#include "worker/upstream/held_lines.h"
#include "worker/upstream/open_requests.h"
#include "worker/upstream/pool_connection.h"
#include "worker/upstream/replay.h"
#include "worker/upstream/steps.h"

namespace loka::worker {

using shm::Counter;
using shm::Gate;
using shm::kNobody;
using shm::Request;
using shm::RequestKind;
using shm::Session;
using shm::Step;
using shm::Upstream;
using shm::UpstreamState;
using stratum::Message;
using stratum::Method;
using stratum::Type;

namespace {

// During the handshake this many bad lines in all end the connection; later ones are only counted.
constexpr uint8_t kHandshakeBadLinesMax = 3;
constexpr std::string_view kVersionAnswer = "\"loka-stratum/" LOKA_VERSION "\"";

// Our own number in a pool's answer: an integer, an integral float, or either as a string; 0 when
// it is none.
uint64_t number_of(const stratum::Value& id) {
  if (id.type != Type::kNumber && id.type != Type::kString) return 0;
  uint64_t number = 0;
  const char* const end = id.text.data() + id.text.size();
  const auto [rest, error] = std::from_chars(id.text.data(), end, number);
  if (error != std::errc() || rest == id.text.data()) return 0;
  if (rest == end) return number;
  if (*rest != '.') return 0;
  for (const char* digit = rest + 1; digit != end; ++digit)
    if (*digit != '0') return 0;
  return number;
}

void drop_bad_line(shm::Transaction& tx, uint32_t index, const Turn& turn) {
  turn.counters.add(Counter::kPoolLinesBad);
  Upstream& upstream = tx.edit<Upstream>(index);
  if (upstream.has_served || upstream.state == UpstreamState::kDraining) return;
  if (++upstream.bad_lines >= kHandshakeBadLinesMax)
    on_pool_lost(tx, index, Loss::kMisbehaved, turn);
}

// To the miner, the same bytes; held back while it must not see them.
void pass_on(shm::Transaction& tx, uint32_t index, std::string_view line, const Message& message,
             const Turn& turn) {
  const Upstream& upstream = tx.look<Upstream>(index);
  if (upstream.session == kNobody) return;
  const size_t length = stratum::as_it_came(turn.line, line, message);
  if (length == 0) return;
  const std::string_view bytes{turn.line.data(), length};
  if (must_hold(tx, upstream)) {
    hold_line(tx, index, bytes, turn);
  } else {
    say_to_miner(tx, upstream.session, bytes, turn);
  }
}

// An answer goes back under the miner's own id.
bool pass_back(shm::Transaction& tx, uint32_t session, std::string_view line, const Message& answer,
               std::string_view id, const Turn& turn) {
  const size_t length = stratum::rewrite_id(turn.line, line, answer, id);
  return length > 0 && say_to_miner(tx, session, {turn.line.data(), length}, turn);
}

void end_step(shm::Transaction& tx, uint32_t index, Session& session) {
  tx.edit<Upstream>(index).step_ns = 0;
  session.pending = Step::kNone;
  session.gate = Gate::kOpen;
}

void on_configure_answer(shm::Transaction& tx, uint32_t index, std::string_view line,
                         const Message& answer, const Turn& turn) {
  Upstream& upstream = tx.edit<Upstream>(index);
  Session& session = tx.edit<Session>(upstream.session);
  if (answer.error.is_null() && answer.result.type == Type::kObject) {
    const auto granted = stratum::read_configure_result(answer.result.span.of(line));
    session.has_configured = true;
    session.has_rolling = granted.has_rolling;
    session.version_mask = granted.has_rolling ? granted.mask : 0;
    if (granted.subscribes_extranonce) session.has_extranonce_subscribed = true;
    upstream.has_rolling = session.has_rolling;
    upstream.version_mask = session.version_mask;
  }
  end_step(tx, index, session);
  pass_back(tx, upstream.session, line, answer, session.pending_id.view(), turn);
}

void on_subscribe_answer(shm::Transaction& tx, uint32_t index, std::string_view line,
                         const Message& answer, const Turn& turn) {
  Upstream& upstream = tx.edit<Upstream>(index);
  Session& session = tx.edit<Session>(upstream.session);
  const auto result = stratum::read_subscribe_result(answer.result.span.of(line));
  if (!answer.error.is_null() || !result) {
    on_pool_lost(tx, index, Loss::kRefused, turn);
    return;
  }
  upstream.extranonce1.assign(result->extranonce1);
  upstream.extranonce2_size = static_cast<uint8_t>(result->extranonce2_size);
  session.extranonce1 = upstream.extranonce1;
  session.extranonce2_size = upstream.extranonce2_size;
  session.has_subscribed = true;
  end_step(tx, index, session);
  if (pass_back(tx, upstream.session, line, answer, session.pending_id.view(), turn))
    release_held_lines(tx, index, turn);
}

// Luxor's "init_auth: …" comes at random and is gone on the next connection.
bool is_passing_refusal(const Message& answer, std::string_view line) {
  const auto reject = stratum::reject_of(answer, line);
  return reject && reject->text.view().starts_with("init_auth");
}

void on_authorize_answer(shm::Transaction& tx, uint32_t index, std::string_view line,
                         const Message& answer, const Turn& turn) {
  Upstream& upstream = tx.edit<Upstream>(index);
  Session& session = tx.edit<Session>(upstream.session);
  const uint32_t login = session.pending_login;
  if (stratum::is_granted(answer)) {
    authorize_login(tx, upstream.session, login, turn);
    on_pool_serves(tx, index, turn);
  } else {
    const bool is_our_account = upstream.pool < turn.config.pools.size() &&
                                !turn.config.pools[upstream.pool].username.empty();
    // The miner cannot mend that: it waits for the next pool. Not for a further login, or the pool
    // that serves its first would be left for that over and over.
    if (is_our_account && !is_authorized(tx, session)) {
      on_pool_lost(tx, index, Loss::kRefused, turn);
      return;
    }
    if (!session.has_retried_authorize && is_passing_refusal(answer, line)) {
      session.has_retried_authorize = true;
      on_pool_lost(tx, index, Loss::kReconnect, turn);
      return;
    }
    turn.counters.add(Counter::kPoolRefusals);
    // One that was authorised before stays: shares in flight are named after it.
    if (!tx.look<shm::Login>(login).is_authorized) remove_login(tx, upstream.session, login);
  }
  session.pending_login = kNobody;
  end_step(tx, index, session);
  pass_back(tx, upstream.session, line, answer, session.pending_id.view(), turn);
}

void on_step_answer(shm::Transaction& tx, uint32_t index, std::string_view line,
                    const Message& answer, const Turn& turn) {
  switch (tx.look<Session>(tx.look<Upstream>(index).session).pending) {
    case Step::kConfigure:
      on_configure_answer(tx, index, line, answer, turn);
      break;
    case Step::kSubscribe:
      on_subscribe_answer(tx, index, line, answer, turn);
      break;
    case Step::kAuthorize:
      on_authorize_answer(tx, index, line, answer, turn);
      break;
    case Step::kNone:
      break;
  }
}

void on_verdict(shm::Transaction& tx, uint32_t index, const Request& share, std::string_view line,
                const Message& answer, const Turn& turn) {
  const Upstream& upstream = tx.look<Upstream>(index);
  const bool is_accepted = stratum::is_accepted(answer);
  if (share.has_expired) {
    count_late(tx, upstream.pool, is_accepted);
    close_if_done_upstream(tx, index);
    return;
  }
  if (is_accepted) {
    settle_accepted(tx, share, upstream.pool, turn.now);
  } else {
    settle_rejected(tx, share, upstream.pool);
  }
  if (upstream.pool < shm::kPoolsMax)
    turn.pools[upstream.pool].submit_latency.add(turn.now - Instant::from_ns(share.sent_ns));
  pass_back(tx, upstream.session, line, answer, share.id.view(), turn);
}

void on_answer(shm::Transaction& tx, uint32_t index, std::string_view line, const Message& answer,
               const Turn& turn) {
  Upstream& upstream = tx.edit<Upstream>(index);
  const uint32_t at = find_request(tx, upstream, number_of(answer.id));
  if (at == kNobody) {
    turn.counters.add(Counter::kPoolUnknownIds);
    return;
  }
  const Request request = take_request(tx, upstream, at);
  if (request.kind == RequestKind::kSubmit) {
    on_verdict(tx, index, request, line, answer, turn);
    return;
  }
  if (request.has_expired || upstream.session == kNobody) return;
  switch (request.kind) {
    case RequestKind::kStep:
      on_step_answer(tx, index, line, answer, turn);
      break;
    case RequestKind::kReplay:
      on_replay_answer(tx, index, line, answer, turn);
      break;
    case RequestKind::kExtranonceSubscribe:
      if (stratum::is_accepted(answer))
        tx.edit<Session>(upstream.session).has_extranonce_subscribed = true;
      [[fallthrough]];
    case RequestKind::kOther:
      pass_back(tx, upstream.session, line, answer, request.id.view(), turn);
      break;
    case RequestKind::kSubmit:
      break;
  }
}

// ---- what a pool says by itself ---------------------------------------------------------------

bool on_notify(shm::Transaction& tx, uint32_t index, std::string_view line, const Message& message,
               const Turn& turn) {
  if (!stratum::read_notify(line, message)) return false;
  turn.counters.add(Counter::kJobs);
  const uint32_t session_index = tx.look<Upstream>(index).session;
  Session& session = tx.edit<Session>(session_index);
  if (session.difficulty != session.next_difficulty) {
    session.difficulty = session.next_difficulty;
    show_in_rows(tx, session);
  }
  pass_on(tx, index, line, message, turn);
  return true;
}

bool on_set_difficulty(shm::Transaction& tx, uint32_t index, std::string_view line,
                       const Message& message, const Turn& turn) {
  const auto difficulty = stratum::read_set_difficulty(message);
  if (!difficulty) return false;
  tx.edit<Session>(tx.look<Upstream>(index).session).next_difficulty = *difficulty;
  pass_on(tx, index, line, message, turn);
  return true;
}

bool on_set_extranonce(shm::Transaction& tx, uint32_t index, std::string_view line,
                       const Message& message, const Turn& turn) {
  const auto granted = stratum::read_set_extranonce(message);
  if (!granted) return false;
  Upstream& upstream = tx.edit<Upstream>(index);
  upstream.extranonce1.assign(granted->extranonce1);
  if (granted->extranonce2_size)
    upstream.extranonce2_size = static_cast<uint8_t>(*granted->extranonce2_size);
  if (upstream.state != UpstreamState::kOpen) return true;  // the end of the replay compares
  Session& session = tx.edit<Session>(upstream.session);
  if (!session.has_subscribed) return true;  // the subscribe result says what counts
  if (!session.has_extranonce_subscribed) {
    // It would go on hashing for the old extranonce1, every share in vain.
    close_session(tx, upstream.session, Counter::kSessionsMoved, turn);
    return true;
  }
  session.extranonce1 = upstream.extranonce1;
  session.extranonce2_size = upstream.extranonce2_size;
  pass_on(tx, index, line, message, turn);
  return true;
}

bool on_set_version_mask(shm::Transaction& tx, uint32_t index, std::string_view line,
                         const Message& message, const Turn& turn) {
  const auto mask = stratum::read_set_version_mask(message);
  if (!mask) return false;
  Upstream& upstream = tx.edit<Upstream>(index);
  upstream.version_mask = *mask;
  if (upstream.state != UpstreamState::kOpen) return true;
  Session& session = tx.edit<Session>(upstream.session);
  if (!session.has_rolling) return true;  // not for a miner that never negotiated it
  session.version_mask = *mask;
  pass_on(tx, index, line, message, turn);
  return true;
}

// Stays here: a miner that followed it would leave us. We go ourselves, to the same place or to one
// that the domain rule allows, because this message was used to steal hash rate.
bool on_reconnect(shm::Transaction& tx, uint32_t index, const Message& message, const Turn& turn) {
  const Upstream& upstream = tx.look<Upstream>(index);
  const uint32_t session_index = upstream.session;
  const config::Endpoint own = upstream.pool < turn.config.pools.size()
                                   ? turn.config.pools[upstream.pool].address
                                   : config::Endpoint{};
  const auto target = stratum::read_reconnect(message);
  if (!target) return false;
  const std::string_view host = target->host.empty() ? std::string_view(own.host) : target->host;
  const uint16_t port = target->port.value_or(own.port);
  decltype(Upstream::redirect_host) redirect;
  if (!stratum::may_reconnect_to(own.host, host) || !redirect.assign(host)) {
    turn.counters.add(Counter::kPoolReconnectsRefused);
    log_warning("pool", "client.reconnect to another domain was refused",
                {{"host", host}, {"port", port}, {"pool", own.host}});
    return true;
  }
  const bool is_elsewhere = host != own.host || port != own.port;
  on_pool_lost(tx, index, Loss::kReconnect, turn);
  const Session& session = tx.look<Session>(session_index);
  if (session.in_use == 0 || session.upstream == kNobody) return true;
  Upstream& next = tx.edit<Upstream>(session.upstream);
  const auto jitter_ns =
      static_cast<int64_t>(turn.random % static_cast<uint64_t>(kReconnectJitterMax.ns()));
  if (target->wait > Duration())
    next.not_before_ns = (turn.now + target->wait + Duration::nanoseconds(jitter_ns)).ns();
  if (is_elsewhere) {
    next.redirect_host = redirect;
    next.redirect_port = port;
  }
  return true;
}

void answer_pool(shm::Transaction& tx, uint32_t index, std::string_view id, std::string_view result,
                 const Turn& turn) {
  const size_t length = stratum::response_result(turn.line, id, result);
  if (length > 0) say_to_pool(tx, index, {turn.line.data(), length}, turn);
}

// Requests that are the same from whoever answers them are answered here: miners often do not know
// them. A request that we do not know is the miner's to answer.
void on_pool_request(shm::Transaction& tx, uint32_t index, std::string_view line,
                     const Message& message, const Turn& turn) {
  const std::string_view id = message.id.span.of(line);
  switch (message.method) {
    case Method::kPing:
      answer_pool(tx, index, id, "\"pong\"", turn);
      return;
    case Method::kGetVersion:
      answer_pool(tx, index, id, kVersionAnswer, turn);
      return;
    case Method::kShowMessage:
      answer_pool(tx, index, id, "true", turn);
      return;
    default:
      break;
  }
  Session& session = tx.edit<Session>(tx.look<Upstream>(index).session);
  if (session.pool_requests >= kOpenRequestsMax) return;
  ++session.pool_requests;
  pass_on(tx, index, line, message, turn);
}

bool on_notification(shm::Transaction& tx, uint32_t index, std::string_view line,
                     const Message& message, const Turn& turn) {
  switch (message.method) {
    case Method::kNotify:
      return on_notify(tx, index, line, message, turn);
    case Method::kSetDifficulty:
      return on_set_difficulty(tx, index, line, message, turn);
    case Method::kSetExtranonce:
      return on_set_extranonce(tx, index, line, message, turn);
    case Method::kSetVersionMask:
      return on_set_version_mask(tx, index, line, message, turn);
    case Method::kReconnect:
      return on_reconnect(tx, index, message, turn);
    case Method::kPing:
      if (!message.wants_answer()) return true;
      break;
    default:
      break;
  }
  if (message.wants_answer()) {
    on_pool_request(tx, index, line, message, turn);
  } else {
    pass_on(tx, index, line, message, turn);
  }
  return true;
}

}  // namespace

void handle_pool_line(shm::Transaction& tx, uint32_t index, std::string_view line,
                      const Turn& turn) {
  Upstream& upstream = tx.edit<Upstream>(index);
  upstream.last_line_ns = turn.now.ns();
  const auto parsed = turn.pool_parser.parse(line);
  if (!parsed) {
    drop_bad_line(tx, index, turn);
    return;
  }
  if (parsed->kind == stratum::Kind::kResponse) {
    on_answer(tx, index, line, *parsed, turn);
  } else if (upstream.session != kNobody && !on_notification(tx, index, line, *parsed, turn)) {
    drop_bad_line(tx, index, turn);
  }
}

}  // namespace loka::worker
