// How a keeper begins: with the segment and listeners that it inherited, the slot's lock, and the
// slot's private memory, which it makes once.
#pragma once

#include "worker/arguments.h"
#include "worker/engine_process.h"

namespace loka::worker {

// Keeps the slot until it is to stop and returns 0. Else an exit code of sysexits.h, with the
// reason in the log: 75 if another keeper has the slot, 69 if the supervisor has gone, 71 if the
// system refuses. The calling process has one thread. It may be replaced by /proc/self/exe with
// --shard and
// --lock, so that program must call this function again.
int run_keeper(Orders orders, EngineFunction engine);

}  // namespace loka::worker
