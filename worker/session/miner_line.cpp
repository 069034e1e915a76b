#include "worker/session/miner_line.h"

#include <array>
#include <cstdlib>

#include "common/stratum/configure_result.h"
#include "common/stratum/format.h"
#include "worker/session/session.h"
#include "worker/session/share_ledger.h"
#include "worker/upstream/passthrough.h"
#include "worker/upstream/pool_connection.h"
#include "worker/upstream/steps.h"

namespace loka::worker {

using shm::Counter;
using shm::Gate;
using shm::kNobody;
using shm::Login;
using shm::RequestKind;
using shm::Session;
using shm::Step;
using stratum::Message;
using stratum::Method;
using stratum::ParseError;

namespace {

constexpr int kOther = 20;
constexpr int kUnauthorized = 24;
constexpr int kNotSubscribed = 25;
constexpr uint32_t kSubmitParamsMin = 5;

// The miner's id as it came; a request without one that must be answered is answered with null.
std::string_view id_text(const Message& message, std::string_view line) {
  return message.id.is_present() ? message.id.span.of(line) : std::string_view("null");
}

LineOutcome refuse_line(shm::Transaction& tx, uint32_t index, std::string_view line,
                        ParseError error, const Turn& turn) {
  Session& session = tx.edit<Session>(index);
  turn.counters.add(Counter::kMinerLinesBad);
  if (!session.has_spoken && is_foreign_protocol(line)) {
    close_session(tx, index, Counter::kSessionsForeign, turn);
    return LineOutcome::kHandled;
  }
  // After these the id is known, so the right request gets its answer.
  const Message& partial = turn.miner_parser.partial();
  const bool knows_id = error == ParseError::kWrongType || error == ParseError::kNeither ||
                        (error == ParseError::kNulCharacter && partial.id.is_scalar());
  const std::string_view id = knows_id ? id_text(partial, line) : std::string_view("null");
  const bool is_login = error == ParseError::kNulCharacter && partial.method == Method::kAuthorize;
  const bool is_submit = knows_id && partial.method == Method::kSubmit;
  if (is_submit) count_refused(tx, kNobody);
  if (!answer_error(tx, index, id, is_login ? kUnauthorized : kOther,
                    error == ParseError::kNotJson ? "Parse error" : stratum::describe(error), turn))
    return LineOutcome::kHandled;
  if (++session.bad_lines >= stratum::kBadLinesMax)
    close_after_answer(tx, index, Counter::kSessionsBadLines, turn);
  return LineOutcome::kHandled;
}

// A line that is for the pool: whether there is one that takes it now; else it is asked for.
bool has_pool(shm::Transaction& tx, uint32_t index, const Turn& turn) {
  const Session& session = tx.look<Session>(index);
  if (session.upstream != kNobody) return true;  // its gate is open, so it takes lines
  ask_for_pool(tx, index, Duration(), turn);
  return false;
}

void ask_step(shm::Transaction& tx, uint32_t index, Step step, std::string_view line,
              const Message& message, const Turn& turn) {
  Session& session = tx.edit<Session>(index);
  session.pending = step;
  session.pending_id.assign(id_text(message, line));
  ask_pending_step(tx, session.upstream, turn);
}

LineOutcome on_configure(shm::Transaction& tx, uint32_t index, std::string_view line,
                         const Message& message, const Turn& turn) {
  if (!has_pool(tx, index, turn)) return LineOutcome::kDeferred;
  keep_configure(tx.edit<Session>(index),
                 message.params.is_null() ? "[]" : message.params.span.of(line));
  ask_step(tx, index, Step::kConfigure, line, message, turn);
  return LineOutcome::kHandled;
}

LineOutcome on_subscribe(shm::Transaction& tx, uint32_t index, std::string_view line,
                         const Message& message, const Turn& turn) {
  Session& session = tx.edit<Session>(index);
  if (session.has_subscribed) {  // again: the same extranonce1, from here
    const size_t length = stratum::subscribe_result(
        turn.line, id_text(message, line), session.extranonce1.view(), session.extranonce2_size);
    say_to_miner(tx, index, {turn.line.data(), length}, turn);
    return LineOutcome::kHandled;
  }
  if (!has_pool(tx, index, turn)) return LineOutcome::kDeferred;
  keep_subscribe(session, message.params.is_null() ? "[]" : message.params.span.of(line),
                 message.param[0].text);
  ask_step(tx, index, Step::kSubscribe, line, message, turn);
  return LineOutcome::kHandled;
}

LineOutcome on_authorize(shm::Transaction& tx, uint32_t index, std::string_view line,
                         const Message& message, const Turn& turn) {
  const stratum::Value& name = message.param[0];
  if (name.type != stratum::Type::kString || name.text.empty() ||
      name.text.size() > stratum::kLoginBytesMax) {
    answer_error(tx, index, id_text(message, line), kUnauthorized, "Invalid login", turn);
    return LineOutcome::kHandled;
  }
  // Escapes count: what the pool will know it by must fit its record, with the account before it.
  std::array<char, stratum::kLoginBytesMax + 2> quoted;
  if (stratum::quote(name.text, quoted) == 0) {
    answer_error(tx, index, id_text(message, line), kUnauthorized, "Invalid login", turn);
    return LineOutcome::kHandled;
  }
  if (!has_pool(tx, index, turn)) return LineOutcome::kDeferred;
  Session& session = tx.edit<Session>(index);
  uint32_t login = find_login(tx, session, name.text);
  if (login == kNobody) {
    login = add_login(tx, index, name.text, message.param[1].text);
  } else {
    tx.edit<Login>(login).password.assign(message.param[1].text);
  }
  if (login == kNobody) {
    answer_error(tx, index, id_text(message, line), kUnauthorized, "Too many logins", turn);
    return LineOutcome::kHandled;
  }
  session.pending_login = login;
  ask_step(tx, index, Step::kAuthorize, line, message, turn);
  return LineOutcome::kHandled;
}

// Whatever is refused here counts as a submit that was refused here.
LineOutcome refuse_submit(shm::Transaction& tx, uint32_t index, std::string_view line,
                          const Message& message, int code, std::string_view text, uint32_t login,
                          const Turn& turn) {
  count_refused(tx, login);
  answer_error(tx, index, id_text(message, line), code, text, turn);
  return LineOutcome::kHandled;
}

LineOutcome on_submit(shm::Transaction& tx, uint32_t index, std::string_view line,
                      const Message& message, const Turn& turn) {
  const Session& session = tx.edit<Session>(index);
  if (message.param_count < kSubmitParamsMin || message.param_count > stratum::kParamsKept ||
      message.param[0].type != stratum::Type::kString)
    return refuse_submit(tx, index, line, message, kOther, "Malformed submit", kNobody, turn);
  if (!session.has_subscribed)
    return refuse_submit(tx, index, line, message, kNotSubscribed, "Not subscribed", kNobody, turn);
  const uint32_t login = find_login(tx, session, message.param[0].text);
  if (login == kNobody || !tx.look<Login>(login).is_authorized)
    return refuse_submit(tx, index, line, message, kUnauthorized, "Unauthorized worker", kNobody,
                         turn);
#ifdef LOKA_FAULT_INJECTION
  if (message.param[0].text == "poison.engine") std::abort();
#endif
  if (!has_pool(tx, index, turn)) return LineOutcome::kDeferred;
  forward_submit(tx, index, login, line, message, turn);
  return LineOutcome::kHandled;
}

LineOutcome on_other(shm::Transaction& tx, uint32_t index, std::string_view line,
                     const Message& message, const Turn& turn) {
  if (!has_pool(tx, index, turn)) return LineOutcome::kDeferred;
  if (message.wants_answer()) {
    forward_request(tx, index, RequestKind::kOther, line, message, turn);
  } else {
    forward_as_it_came(tx, index, line, turn);
  }
  return LineOutcome::kHandled;
}

LineOutcome on_extranonce_subscribe(shm::Transaction& tx, uint32_t index, std::string_view line,
                                    const Message& message, const Turn& turn) {
  if (!has_pool(tx, index, turn)) return LineOutcome::kDeferred;
  const uint16_t pool = tx.look<shm::Upstream>(tx.look<Session>(index).upstream).pool;
  if (pool < turn.config.pools.size() && !turn.config.pools[pool].extranonce) {
    if (message.wants_answer())
      answer_error(tx, index, id_text(message, line), kOther, "Not supported.", turn);
    return LineOutcome::kHandled;
  }
  if (!message.wants_answer()) return on_other(tx, index, line, message, turn);
  forward_request(tx, index, RequestKind::kExtranonceSubscribe, line, message, turn);
  return LineOutcome::kHandled;
}

// A miner's answer, to a request of its pool; anything else of that kind stays here.
LineOutcome on_response(shm::Transaction& tx, uint32_t index, std::string_view line,
                        const Turn& turn) {
  Session& session = tx.edit<Session>(index);
  if (session.pool_requests == 0 || session.upstream == kNobody) {
    turn.counters.add(Counter::kMinerLinesBad);
    return LineOutcome::kHandled;
  }
  --session.pool_requests;
  forward_as_it_came(tx, index, line, turn);
  return LineOutcome::kHandled;
}

}  // namespace

LineOutcome handle_miner_line(shm::Transaction& tx, uint32_t index, std::string_view line,
                              const Turn& turn) {
  Session& session = tx.edit<Session>(index);
  CHECK(session.gate == Gate::kOpen);
  const auto parsed = turn.miner_parser.parse(line);
  if (!parsed) return refuse_line(tx, index, line, parsed.error(), turn);
  const Message& message = *parsed;
  session.last_line_ns = turn.now.ns();
  session.has_spoken = true;
  if (message.kind == stratum::Kind::kResponse) return on_response(tx, index, line, turn);
  switch (message.method) {
    case Method::kSubmit:
      return on_submit(tx, index, line, message, turn);
    case Method::kConfigure:
      return on_configure(tx, index, line, message, turn);
    case Method::kSubscribe:
      return on_subscribe(tx, index, line, message, turn);
    case Method::kAuthorize:
      return on_authorize(tx, index, line, message, turn);
    case Method::kExtranonceSubscribe:
      return on_extranonce_subscribe(tx, index, line, message, turn);
    case Method::kPing: {
      if (!message.wants_answer()) return LineOutcome::kHandled;
      const size_t length = stratum::response_result(turn.line, id_text(message, line), "\"pong\"");
      say_to_miner(tx, index, {turn.line.data(), length}, turn);
      return LineOutcome::kHandled;
    }
    case Method::kPong:
      return LineOutcome::kHandled;
    case Method::kAdministrative:
      if (message.wants_answer())
        answer_error(tx, index, id_text(message, line), kOther, "Unsupported method", turn);
      return LineOutcome::kHandled;
    default:
      return on_other(tx, index, line, message, turn);
  }
}

bool is_foreign_protocol(std::string_view first_bytes) {
  for (const char c : first_bytes) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
    const auto byte = static_cast<unsigned char>(c);
    // Letters begin HTTP, SSH and PROXY, control and high bytes binary protocols; what else is not
    // JSON may still be a miner's broken line. UTF-8's byte order mark is one of those.
    const bool is_letter = (byte >= 'A' && byte <= 'Z');
    return byte < 0x20 || byte == 0x7f || is_letter || (byte >= 0x80 && byte != 0xef);
  }
  return false;
}

}  // namespace loka::worker
