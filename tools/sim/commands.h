// The two commands, from checked options to an exit code: sockets and processes are made here, and
// what they counted is printed.
#pragma once

#include "tools/sim/options.h"

namespace loka::sim {

// Serves until SIGINT or SIGTERM. Says on standard error where it listens.
[[nodiscard]] int run_pool(const PoolOptions& options);

// Runs until the duration is over or a signal comes. 0 when every submit got exactly one answer,
// else 1.
[[nodiscard]] int run_miners(const FarmOptions& options);

// "loka-sim: sentence" on standard error; returns `exit_code`, one of sysexits.h.
int fail(int exit_code, const std::string& sentence);

}  // namespace loka::sim
