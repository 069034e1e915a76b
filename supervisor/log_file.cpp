#include "supervisor/log_file.h"

#include <fcntl.h>
#include <unistd.h>

namespace loka::supervisor {

Result<FileDescriptor, SystemError> open_log(const std::string& path) {
  FileDescriptor log(
      path.empty()
          ? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
          : open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640));
  if (log.is_open()) return log;
  return Error(last_system_error("open the log " + (path.empty() ? "on standard error" : path)));
}

}  // namespace loka::supervisor
