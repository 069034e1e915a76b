// One instance per runtime directory: an exclusive flock on an open file, which the kernel frees
// however its holder ends. The pid inside is for the message alone. The file is never removed:
// whoever removes a lock file lets two in.
#pragma once

#include <string>

#include "common/base/result.h"
#include "supervisor/file_descriptor.h"
#include "supervisor/start_error.h"

namespace loka::supervisor {

class InstanceLock {
 public:
  // Creates runtime_dir (0750, its parent must exist) if it is missing and takes its lock. Exit
  // codes of the error: 75 another instance holds it, 77 not permitted, 71 anything else.
  [[nodiscard]] static Result<InstanceLock, StartError> acquire(const std::string& runtime_dir);

 private:
  explicit InstanceLock(FileDescriptor file) : file_(std::move(file)) {}
  FileDescriptor file_;  // close-on-exec: the lock ends with the supervisor
};

}  // namespace loka::supervisor
