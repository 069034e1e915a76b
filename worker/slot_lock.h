// One keeper per slot: a flock on an open file, which the kernel frees only when keeper and engine,
// who share the descriptor, are both gone. The file itself means nothing and may stay.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/result.h"
#include "common/base/time.h"

namespace loka::worker {

inline constexpr Duration kLockPatience = Duration::seconds(5);

// Takes runtime_dir/slot-N.lock and returns its descriptor, which is inherited over exec. Waits for
// a dying predecessor, at most `patience`.
//   errors  EWOULDBLOCK: somebody else still holds it; else what open says
[[nodiscard]] Result<int, SystemError> take_slot_lock(const std::string& runtime_dir, uint32_t slot,
                                                      Duration patience = kLockPatience);

}  // namespace loka::worker
