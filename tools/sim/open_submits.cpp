#include "tools/sim/open_submits.h"

#include <algorithm>

#include "common/base/check.h"

namespace loka::sim {

void OpenSubmits::add(uint64_t id, Instant sent) {
  CHECK(!is_full());
  open_.push_back({id, sent});
}

std::optional<Instant> OpenSubmits::take(uint64_t id) {
  const auto found =
      std::find_if(open_.begin(), open_.end(), [id](const Open& open) { return open.id == id; });
  if (found == open_.end()) return std::nullopt;
  const Instant sent = found->sent;
  open_.erase(found);
  return sent;
}

size_t OpenSubmits::abandon() {
  const size_t count = open_.size();
  open_.clear();
  return count;
}

}  // namespace loka::sim
