#include "worker/slot_lock.h"

#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

#include "worker/clock.h"

namespace loka::worker {

namespace {

constexpr int kRetryMs = 10;

}  // namespace

Result<int, SystemError> take_slot_lock(const std::string& runtime_dir, uint32_t slot,
                                        Duration patience) {
  const std::string path = runtime_dir + "/slot-" + std::to_string(slot) + ".lock";
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
  if (descriptor < 0) return Error(last_system_error("open " + path));
  const Instant deadline = monotonic_now() + patience;
  while (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if ((errno != EWOULDBLOCK && errno != EINTR) || monotonic_now() >= deadline) {
      auto error = last_system_error("lock " + path);
      close(descriptor);
      return Error(std::move(error));
    }
    poll(nullptr, 0, kRetryMs);
  }
  return descriptor;
}

}  // namespace loka::worker
