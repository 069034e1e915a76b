// One keeper, as the supervisor starts it, signals it, and hands it a new log. What the keeper does
// with its life is decided by process_table; when it has died is told by waitpid.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

#include "common/base/result.h"
#include "supervisor/file_descriptor.h"
#include "supervisor/start_error.h"

namespace loka::supervisor {

// loka-worker beside the program that runs, in the neighbour folder of a build tree, or where it
// was installed (LOKA_LIBEXECDIR), in this order.
[[nodiscard]] Result<std::string, StartError> find_worker_program();

// The byte of a channel's message that brings a log descriptor with it (SCM_RIGHTS).
inline constexpr char kNewLogMessage = 'L';

class WorkerProcess {
 public:
  // What a keeper is told on its command line. It inherits these descriptors and the other end of
  // its channel, and nothing else.
  struct Orders {
    std::string program;
    uint32_t slot = 0;
    int segment = -1;
    std::vector<int> listeners;
    int log = -1;
    std::string runtime_dir;
  };
  [[nodiscard]] static Result<WorkerProcess, SystemError> spawn(const Orders& orders);

  WorkerProcess(WorkerProcess&&) noexcept = default;
  WorkerProcess& operator=(WorkerProcess&&) noexcept = default;

  [[nodiscard]] pid_t pid() const { return pid_; }
  // A process that has died but was not yet waited for takes it silently.
  void signal(int number) const;
  // The keeper puts it over the number of its present log. Never blocks.
  [[nodiscard]] Result<void, SystemError> hand_log(int descriptor) const;

 private:
  WorkerProcess(pid_t pid, FileDescriptor channel) : pid_(pid), channel_(std::move(channel)) {}

  pid_t pid_;
  FileDescriptor channel_;  // SOCK_SEQPACKET: one message, one meaning
};

}  // namespace loka::supervisor
