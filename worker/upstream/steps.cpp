#include "worker/upstream/steps.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "common/stratum/configure_result.h"
#include "common/stratum/format.h"
#include "common/stratum/login.h"
#include "worker/session/session.h"
#include "worker/upstream/open_requests.h"
#include "worker/upstream/pool_connection.h"

namespace loka::worker {

using shm::Gate;
using shm::kNobody;
using shm::Login;
using shm::Request;
using shm::RequestKind;
using shm::Session;
using shm::Step;
using shm::Upstream;

namespace {

void ask(shm::Transaction& tx, uint32_t upstream_index, RequestKind kind, std::string_view method,
         std::string_view params, const Turn& turn) {
  Upstream& upstream = tx.edit<Upstream>(upstream_index);
  Request request;
  request.kind = kind;
  request.sent_ns = turn.now.ns();
  const uint32_t number = add_request(tx, upstream, request);
  const size_t length = number == 0 ? 0 : stratum::request(turn.line, number, method, params);
  if (length == 0) {
    on_pool_lost(tx, upstream_index, Loss::kNoRoom, turn);
    return;
  }
  upstream.step_ns = turn.now.ns();
  say_to_pool(tx, upstream_index, {turn.line.data(), length}, turn);
}

}  // namespace

void ask_configure(shm::Transaction& tx, uint32_t upstream, RequestKind kind, const Turn& turn) {
  const Session& session = tx.edit<Session>(tx.look<Upstream>(upstream).session);
  ask(tx, upstream, kind, "mining.configure", session.configure_params.view(), turn);
}

void ask_subscribe(shm::Transaction& tx, uint32_t upstream, RequestKind kind, const Turn& turn) {
  const Session& session = tx.edit<Session>(tx.look<Upstream>(upstream).session);
  ask(tx, upstream, kind, "mining.subscribe", session.subscribe_params.view(), turn);
}

void ask_authorize(shm::Transaction& tx, uint32_t upstream, uint32_t login_index, RequestKind kind,
                   const Turn& turn) {
  const uint16_t position = tx.look<Upstream>(upstream).pool;
  if (position >= turn.config.pools.size()) {  // it left the configuration: so do we
    on_pool_lost(tx, upstream, Loss::kReconnect, turn);
    return;
  }
  const config::Pool& pool = turn.config.pools[position];
  Login& login = tx.edit<Login>(login_index);
  char name[2 * stratum::kLoginBytesMax + 2];
  const std::string_view composed =
      stratum::compose_login(pool.username, pool.separator, login.name.view(), name);
  char params[1024];
  // ["name","password"]: written in one go, the name's part is then kept for the submits.
  params[0] = '[';
  size_t length = 1;
  const size_t name_length =
      stratum::quote(composed, {params + length, login.wire_name.capacity()});
  if (name_length == 0) {  // too long for a record once it is escaped
    on_pool_lost(tx, upstream, Loss::kNoRoom, turn);
    return;
  }
  login.wire_name.assign({params + length, name_length});
  length += name_length;
  params[length++] = ',';
  const std::string_view password =
      pool.username.empty() ? login.password.view() : std::string_view(pool.password);
  const size_t password_length =
      stratum::quote(password, {params + length, sizeof params - length - 1});
  if (password_length == 0) {
    on_pool_lost(tx, upstream, Loss::kNoRoom, turn);
    return;
  }
  length += password_length;
  params[length++] = ']';
  ask(tx, upstream, kind, "mining.authorize", {params, length}, turn);
}

void ask_pending_step(shm::Transaction& tx, uint32_t upstream, const Turn& turn) {
  Session& session = tx.edit<Session>(tx.look<Upstream>(upstream).session);
  session.gate = Gate::kWaitAnswer;
  switch (session.pending) {
    case Step::kConfigure:
      ask_configure(tx, upstream, RequestKind::kStep, turn);
      break;
    case Step::kSubscribe:
      ask_subscribe(tx, upstream, RequestKind::kStep, turn);
      break;
    case Step::kAuthorize:
      ask_authorize(tx, upstream, session.pending_login, RequestKind::kStep, turn);
      break;
    case Step::kNone:
      session.gate = Gate::kOpen;
      break;
  }
}

namespace {

// A raw control byte between values is legal JSON, but nothing that we emit has one.
template <size_t N>
bool keep(FixedString<N>& kept, std::string_view params) {
  std::array<char, N> clean;
  if (params.size() > N) return false;
  std::transform(params.begin(), params.end(), clean.begin(),
                 [](char c) { return static_cast<unsigned char>(c) < 0x20 ? ' ' : c; });
  return kept.assign({clean.data(), params.size()});
}

}  // namespace

void keep_configure(Session& session, std::string_view params) {
  if (keep(session.configure_params, params)) return;
  // Only info extensions make it this long; rolling is what the next pool must be asked for.
  const stratum::ConfigureRequest asked = stratum::read_configure_request(params);
  char text[160];
  const int length = std::snprintf(
      text, sizeof text,
      R"([["version-rolling"%s],{"version-rolling.mask":"%08x","version-rolling.min-bit-count":2}])",
      asked.subscribes_extranonce ? R"(,"subscribe-extranonce")" : "", asked.mask);
  session.configure_params.assign({text, static_cast<size_t>(length)});
}

void keep_subscribe(Session& session, std::string_view params, std::string_view agent) {
  session.agent.assign(agent);
  if (params.empty()) params = "[]";
  if (keep(session.subscribe_params, params)) return;
  // Only the agent makes it this long; pools cut it themselves.
  char text[254];
  text[0] = '[';
  const size_t length = stratum::quote(session.agent.view(), {text + 1, sizeof text - 2});
  if (length == 0) {
    session.subscribe_params.assign("[]");
    return;
  }
  text[1 + length] = ']';
  session.subscribe_params.assign({text, length + 2});
}

void decline_configure(shm::Transaction& tx, uint32_t index, const Turn& turn) {
  Session& session = tx.edit<Session>(index);
  session.pending = Step::kNone;
  session.gate = Gate::kOpen;
  const size_t length = stratum::response_result(turn.line, session.pending_id.view(),
                                                 R"({"version-rolling":false})");
  say_to_miner(tx, index, {turn.line.data(), length}, turn);
}

void decline_authorize(shm::Transaction& tx, uint32_t index, const Turn& turn) {
  Session& session = tx.edit<Session>(index);
  const uint32_t login = session.pending_login;
  session.pending = Step::kNone;
  session.gate = Gate::kOpen;
  session.pending_login = kNobody;
  if (!tx.look<Login>(login).is_authorized) remove_login(tx, index, login);
  answer_error(tx, index, session.pending_id.view(), 24, "Unauthorized worker", turn);
}

}  // namespace loka::worker
