#include "supervisor/descriptor_limit.h"

#include <algorithm>

#include <fmt/format.h>
#include <sys/resource.h>

#include "common/base/check.h"

namespace loka::supervisor {

Result<uint64_t, SystemError> raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return Error(last_system_error("getrlimit RLIMIT_NOFILE"));
  }
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return Error(last_system_error("setrlimit RLIMIT_NOFILE"));
  }
  return uint64_t{limit.rlim_cur};
}

uint64_t descriptors_needed(uint64_t connections, uint32_t workers) {
  CHECK(workers > 0);
  const uint64_t per_worker = (connections + workers - 1) / workers;
  return per_worker * kDescriptorsPerMiner + kDescriptorsReserved;
}

uint32_t connections_carried(uint64_t limit, uint32_t workers, uint32_t per_worker_max) {
  const uint64_t usable = limit > kDescriptorsReserved ? limit - kDescriptorsReserved : 0;
  const uint64_t per_worker = std::min<uint64_t>(usable / kDescriptorsPerMiner, per_worker_max);
  // At least one: a service that would let nobody in says so through the warning instead.
  return static_cast<uint32_t>(std::clamp<uint64_t>(per_worker * workers, 1, UINT32_MAX));
}

std::optional<std::string> descriptor_warning(uint64_t limit, uint64_t connections,
                                              uint32_t workers) {
  const uint64_t needed = descriptors_needed(connections, workers);
  if (needed <= limit) return std::nullopt;
  return fmt::format(
      "limiter.connections: {} miners over {} workers need a limit of {} open files, but it is {}; "
      "set LimitNOFILE={} in the unit or `ulimit -n {}`",
      connections, workers, needed, limit, needed, needed);
}

}  // namespace loka::supervisor
