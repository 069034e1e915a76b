// The logins of one session: a short list, nearly always of one.
#include "worker/session/session.h"

namespace loka::worker {

using shm::kNobody;
using shm::Login;
using shm::Session;

uint32_t find_login(shm::Transaction& tx, const Session& session, std::string_view name) {
  for (uint32_t index = session.first_login; index != kNobody; index = tx.look<Login>(index).next)
    if (tx.look<Login>(index).name.view() == name) return index;
  return kNobody;
}

bool is_authorized(shm::Transaction& tx, const Session& session) {
  for (uint32_t index = session.first_login; index != kNobody; index = tx.look<Login>(index).next)
    if (tx.look<Login>(index).is_authorized) return true;
  return false;
}

uint32_t add_login(shm::Transaction& tx, uint32_t session_index, std::string_view name,
                   std::string_view password) {
  Session& session = tx.edit<Session>(session_index);
  if (session.login_count >= kLoginsPerSessionMax) return kNobody;
  const uint32_t index = tx.open<Login>();
  if (index == kNobody) return kNobody;
  Login& login = tx.edit<Login>(index);
  login.session = session_index;
  login.name.assign(name);
  login.password.assign(password);
  login.next = session.first_login;
  session.first_login = index;
  ++session.login_count;
  return index;
}

void remove_login(shm::Transaction& tx, uint32_t session_index, uint32_t index) {
  Session& session = tx.edit<Session>(session_index);
  const uint32_t next = tx.look<Login>(index).next;
  if (session.first_login == index) {
    session.first_login = next;
  } else {
    uint32_t before = session.first_login;
    while (before != kNobody && tx.look<Login>(before).next != index)
      before = tx.look<Login>(before).next;
    CHECK(before != kNobody);
    tx.edit<Login>(before).next = next;
  }
  --session.login_count;
  if (session.pending_login == index) session.pending_login = kNobody;
  if (tx.look<Login>(index).is_authorized) tx.miner_row(index).in_use = 0;
  tx.close<Login>(index);
}

void authorize_login(shm::Transaction& tx, uint32_t session_index, uint32_t index,
                     const Turn& turn) {
  Session& session = tx.edit<Session>(session_index);
  Login& login = tx.edit<Login>(index);
  if (login.is_authorized) return;
  login.is_authorized = true;
  shm::MinerRow& row = tx.miner_row(index);
  row = shm::MinerRow{};
  row.in_use = 1;
  row.session = session_index;
  row.login.assign(login.name.view());
  row.agent.assign(session.agent.view());
  row.address = session.address;
  row.connected_ns = turn.now.ns();
  row.difficulty = session.difficulty;
  row.pool =
      session.upstream == kNobody ? shm::kNoPool : tx.look<shm::Upstream>(session.upstream).pool;
}

void show_in_rows(shm::Transaction& tx, const Session& session) {
  const uint16_t pool =
      session.upstream == kNobody ? shm::kNoPool : tx.look<shm::Upstream>(session.upstream).pool;
  for (uint32_t index = session.first_login; index != kNobody; index = tx.look<Login>(index).next) {
    if (!tx.look<Login>(index).is_authorized) continue;
    shm::MinerRow& row = tx.miner_row(index);
    row.difficulty = session.difficulty;
    row.pool = pool;
  }
}

}  // namespace loka::worker
