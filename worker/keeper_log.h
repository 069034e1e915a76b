// How a keeper's lines are written: to the inherited number, in the style that the supervisor has
// published.
#pragma once

#include <array>
#include <cstdio>

#include "common/base/log.h"
#include "shm/public_segment.h"
#include "worker/arguments.h"

namespace loka::worker {

inline void set_up_log(const Orders& orders, const shm::PublicSegment::LogStyle& style) {
  std::array<char, 24> name{};
  std::snprintf(name.data(), name.size(), "keeper %u", orders.slot);
  log_setup(orders.log, style.format, style.level, name.data());
}

}  // namespace loka::worker
