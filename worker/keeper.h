// The keeper of a slot: owns the slot's descriptor table, clones the engine into it, and is the
// only one that kills or replaces that engine. It parses nothing, has no threads, and takes no heap
// once it runs; its decisions are those of watchdog and death_policy.
#pragma once

#include "worker/arguments.h"
#include "worker/engine_process.h"

namespace loka::worker {

// Graceful stop: an engine has this long to end by itself.
inline constexpr Duration kStopPatience = Duration::seconds(6);

// Keeps the slot until SIGTERM, SIGINT or the end of the channel, then lets the engine drain and
// returns 0; a second signal ends it at once. Else an exit code of sysexits.h, with the reason in
// the log: 75 if the slot is taken, 69 if the supervisor has gone, 71 if the system refuses.
// It may execute the program anew (with --shard and --lock), so nothing behind this call is sure to
// run, and nothing before it may leave a thread.
int run_keeper(Orders orders, EngineFunction engine);

}  // namespace loka::worker
