#include "worker/run_keeper.h"

#include <cerrno>
#include <utility>

#include <sysexits.h>
#include <unistd.h>

#include "common/base/log.h"
#include "shm/public_segment.h"
#include "shm/segment.h"
#include "shm/shard.h"
#include "worker/keeper.h"
#include "worker/keeper_log.h"
#include "worker/slot_lock.h"

namespace loka::worker {

namespace {

int refuse(int exit_code, const SystemError& error) {
  log_error("keeper", "cannot start", {{"because", error.text()}});
  return exit_code;
}

// What a first keeper makes and a renewed one was given.
Result<void, SystemError> take_lock_and_memory(Orders& orders) {
  const auto lock = take_slot_lock(orders.runtime_dir, orders.slot);
  if (!lock) return Error(lock.error());
  orders.lock = *lock;
  const auto shard = shm::create_memory("loka-shard", shm::shard_bytes());
  if (!shard) return Error(shard.error());
  orders.shard = *shard;
  return {};
}

}  // namespace

int run_keeper(Orders orders, EngineFunction engine) {
  const auto segment = shm::PublicSegment::open(orders.segment);
  if (!segment) return refuse(EX_OSERR, segment.error());
  set_up_log(orders, segment->log_style());
  // The supervisor asked for our death with its own before it executed us; it may have died
  // earlier.
  if (getppid() != static_cast<pid_t>(segment->header().supervisor_pid)) {
    log_error("keeper", "the supervisor has gone");
    return EX_UNAVAILABLE;
  }
  const auto slot = shm::OwnSlot::map(orders.segment, orders.slot);
  if (!slot) return refuse(EX_OSERR, slot.error());

  const bool was_renewed = orders.shard >= 0;
  if (!was_renewed) {
    const auto taken = take_lock_and_memory(orders);
    if (!taken)
      return refuse(taken.error().code == EWOULDBLOCK ? EX_TEMPFAIL : EX_OSERR, taken.error());
  }
  // Passwords stand in there.
  constexpr bool kExcludeFromCore = true;
  const auto shard = shm::Mapping::map(orders.shard, 0, shm::shard_bytes(), shm::Access::kReadWrite,
                                       kExcludeFromCore);
  if (!shard) return refuse(EX_OSERR, shard.error());

  Keeper(std::move(orders), was_renewed, engine, *segment, *slot, *shard).run();
  return EX_OK;
}

}  // namespace loka::worker
