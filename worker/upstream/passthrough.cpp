#include "worker/upstream/passthrough.h"

#include "common/stratum/format.h"
#include "worker/session/session.h"
#include "worker/session/share_ledger.h"
#include "worker/upstream/open_requests.h"
#include "worker/upstream/pool_connection.h"

namespace loka::worker {

using shm::Login;
using shm::Request;
using shm::RequestKind;
using shm::Session;
using shm::Upstream;

namespace {

// Sends the line under a number of ours; false when the connection was lost for want of room.
bool send_request(shm::Transaction& tx, uint32_t upstream_index, const Request& request,
                  std::string_view line, const stratum::Message& message,
                  std::string_view wire_name, const Turn& turn) {
  Upstream& upstream = tx.edit<Upstream>(upstream_index);
  const uint32_t number = add_request(tx, upstream, request);
  if (number == 0) {  // no record of it, so nothing else will ever settle it
    if (request.kind == RequestKind::kSubmit) settle_unanswered(tx, request);
    answer_error(tx, upstream.session, request.id.view(), 20, "Too many open requests", turn);
    return false;
  }
  const size_t length = stratum::rewrite(turn.line, line, message, number, wire_name);
  if (length == 0) {
    on_pool_lost(tx, upstream_index, Loss::kNoRoom, turn);
    return false;
  }
  return say_to_pool(tx, upstream_index, {turn.line.data(), length}, turn);
}

}  // namespace

void forward_submit(shm::Transaction& tx, uint32_t session_index, uint32_t login,
                    std::string_view line, const stratum::Message& message, const Turn& turn) {
  const Session& session = tx.edit<Session>(session_index);
  Request request;
  request.kind = RequestKind::kSubmit;
  request.login = login;
  request.sent_ns = turn.now.ns();
  request.difficulty = session.difficulty;
  request.id.assign(message.id.is_present() ? message.id.span.of(line) : "null");
  count_forwarded(tx, login);  // before sending: a lost connection settles it
  send_request(tx, session.upstream, request, line, message, tx.look<Login>(login).wire_name.view(),
               turn);
}

void forward_request(shm::Transaction& tx, uint32_t session_index, RequestKind kind,
                     std::string_view line, const stratum::Message& message, const Turn& turn) {
  const Session& session = tx.edit<Session>(session_index);
  Request request;
  request.kind = kind;
  request.sent_ns = turn.now.ns();
  request.id.assign(message.id.span.of(line));
  send_request(tx, session.upstream, request, line, message, {}, turn);
}

void forward_as_it_came(shm::Transaction& tx, uint32_t session_index, std::string_view line,
                        const Turn& turn) {
  const Session& session = tx.edit<Session>(session_index);
  const size_t length = stratum::as_it_came(turn.line, line);
  if (length == 0) return;
  say_to_pool(tx, session.upstream, {turn.line.data(), length}, turn);
}

}  // namespace loka::worker
