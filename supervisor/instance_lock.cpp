#include "supervisor/instance_lock.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace loka::supervisor {
namespace {

std::string holder(int file) {
  std::array<char, 16> text{};
  const ssize_t length = pread(file, text.data(), text.size(), 0);
  std::string pid(text.data(), length > 0 ? static_cast<size_t>(length) : 0);
  pid.erase(std::ranges::find_if_not(pid, [](unsigned char c) { return std::isdigit(c) != 0; }),
            pid.end());
  return pid.empty() ? "of unknown pid" : "with pid " + pid;
}

}  // namespace

Result<InstanceLock, StartError> InstanceLock::acquire(const std::string& runtime_dir) {
  const std::string mend = "set server.runtime_dir to a directory that this user may write to";
  if (mkdir(runtime_dir.c_str(), 0750) != 0 && errno != EEXIST) {
    return Error(system_start_error(last_system_error("mkdir " + runtime_dir), mend));
  }
  const std::string path = runtime_dir + "/lock";
  FileDescriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640));
  if (!file.is_open()) return Error(system_start_error(last_system_error("open " + path), mend));
  if (flock(file.number(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return Error(system_start_error(last_system_error("flock " + path)));
    return Error(StartError{EX_TEMPFAIL, "already running in " + runtime_dir + ": the instance " +
                                             holder(file.number()) + " holds " + path +
                                             "; stop it or set another server.runtime_dir"});
  }
  const std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(file.number(), 0) != 0 ||
      pwrite(file.number(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return Error(system_start_error(last_system_error("write " + path)));
  }
  return InstanceLock(std::move(file));
}

}  // namespace loka::supervisor
