// Starting another program the careful way: by hand and not by libuv, because what a child inherits
// must be said exactly. A child gets standard input, output and error, and the descriptors that the
// caller names; it dies with the supervisor; it has the signals of a fresh process.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "common/base/result.h"

namespace loka::supervisor {

struct ChildProgram {
  std::string path;
  std::vector<std::string> arguments;  // without the program's own name
  std::vector<int> inherited;          // these numbers, unchanged; all others from 3 on are closed
  int standard_input = -1;             // -1: /dev/null
};

// Forks and executes; returns when the program runs, so a program that cannot be executed is an
// error here and not an early death. The child is a process group of its own, so that a Ctrl-C at
// the terminal reaches the supervisor alone, which then stops its children in order. Its
// environment is ours without LOKA_… (secrets), NOTIFY_SOCKET and WATCHDOG_… (ours alone).
[[nodiscard]] Result<pid_t, SystemError> spawn_child(const ChildProgram& program);

}  // namespace loka::supervisor
