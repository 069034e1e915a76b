#include "supervisor/effective.h"

#include <algorithm>

#include <sched.h>

#include "shm/layout.h"
#include "supervisor/descriptor_limit.h"

namespace loka::supervisor {

uint32_t workers_of(const config::Config& config) {
  if (config.server.workers != 0) return std::min(config.server.workers, config::kWorkersMax);
  cpu_set_t cores;
  CPU_ZERO(&cores);
  const bool is_known = sched_getaffinity(0, sizeof cores, &cores) == 0;
  const int count = is_known ? CPU_COUNT(&cores) : 1;
  return std::clamp(static_cast<uint32_t>(count), 1U, uint32_t{config::kWorkersMax});
}

config::Config effective_config(const config::Config& config, uint32_t workers, uint64_t limit) {
  config::Config effective = config;
  effective.server.workers = workers;
  if (effective.limiter.connections == 0) {
    effective.limiter.connections = connections_carried(limit, workers, shm::kMinerRowsMax);
  }
  return effective;
}

}  // namespace loka::supervisor
