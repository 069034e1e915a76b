#include "worker/session/share_ledger.h"

namespace loka::worker {
namespace {

using shm::kNobody;

// The block is shared memory: a count that a broken record made too small stays at zero.
void leave_flight(shm::ShareBlock& shares) {
  if (shares.in_flight > 0) --shares.in_flight;
}

}  // namespace

void count_refused(shm::Transaction& tx, uint32_t login) {
  shm::ShareBlock& shares = tx.shares();
  ++shares.submitted;
  ++shares.invalid;
  if (login == kNobody) return;
  shm::MinerRow& row = tx.miner_row(login);
  ++row.submitted;
  ++row.rejected;
}

void count_forwarded(shm::Transaction& tx, uint32_t login) {
  shm::ShareBlock& shares = tx.shares();
  ++shares.submitted;
  ++shares.in_flight;
  ++tx.miner_row(login).submitted;
}

void settle_accepted(shm::Transaction& tx, const shm::Request& share, uint16_t pool, Instant now) {
  shm::ShareBlock& shares = tx.shares();
  leave_flight(shares);
  ++shares.accepted;
  if (pool < shm::kPoolsMax) ++shares.pools[pool].accepted;
  shares.hashrate.add(share.difficulty, now);
  if (share.login == kNobody) return;
  shm::MinerRow& row = tx.miner_row(share.login);
  ++row.accepted;
  row.last_share_ns = now.ns();
  row.hashrate.add(share.difficulty, now);
}

void settle_rejected(shm::Transaction& tx, const shm::Request& share, uint16_t pool) {
  shm::ShareBlock& shares = tx.shares();
  leave_flight(shares);
  ++shares.rejected;
  if (pool < shm::kPoolsMax) ++shares.pools[pool].rejected;
  if (share.login != kNobody) ++tx.miner_row(share.login).rejected;
}

void settle_unanswered(shm::Transaction& tx, const shm::Request& share) {
  shm::ShareBlock& shares = tx.shares();
  leave_flight(shares);
  ++shares.unanswered;
  if (share.login != kNobody) ++tx.miner_row(share.login).unanswered;
}

void count_late(shm::Transaction& tx, uint16_t pool, bool is_accepted) {
  shm::ShareBlock& shares = tx.shares();
  ++(is_accepted ? shares.late_accepted : shares.late_rejected);
  if (pool >= shm::kPoolsMax) return;
  ++(is_accepted ? shares.pools[pool].accepted : shares.pools[pool].rejected);
}

}  // namespace loka::worker
