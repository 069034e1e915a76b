// The engine as its keeper sees it from outside: cloned, watched, killed and reaped. It asks by
// system calls that need no descriptor, because a descriptor of the keeper's would appear in the
// table that a recovering engine is sweeping at that moment.
#pragma once

#include <optional>

#include <sys/types.h>

#include "common/base/time.h"
#include "worker/engine.h"

namespace loka::worker {

using EngineFunction = int (*)(const EngineInputs&);

// How an engine ended: by a signal, or by itself with an exit code.
struct EngineEnd {
  int signal = 0;
  int exit_code = 0;
};

class EngineProcess {
 public:
  // Clones this process into an engine that shares the descriptor table and runs `engine`; its
  // return value becomes the exit code. The calling process has one thread. False: clone failed,
  // errno says why.
  [[nodiscard]] bool clone(EngineFunction engine, const EngineInputs& inputs);

  [[nodiscard]] bool is_alive() const { return pid_ > 0; }
  [[nodiscard]] pid_t pid() const { return pid_; }  // 0: none
  // By SIGSTOP and its like, as far as reap() has been told.
  [[nodiscard]] bool is_stopped() const { return is_stopped_; }
  [[nodiscard]] Duration cpu() const;

  void kill() const;
  // Takes note of what happened to the engine since the last call; its end, if it has ended.
  [[nodiscard]] std::optional<EngineEnd> reap();

 private:
  pid_t pid_ = 0;
  bool is_stopped_ = false;
};

}  // namespace loka::worker
