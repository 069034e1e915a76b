#include "common/config/origins.h"

namespace loka::config {

std::string Origin::text() const { return line > 0 ? source + ':' + std::to_string(line) : source; }

void Origins::forget(std::string_view key) {
  const std::string below = std::string(key) + '.';
  for (auto it = by_key_.lower_bound(key); it != by_key_.end();) {
    const std::string_view found = it->first;
    if (found == key || found.starts_with(below)) {
      it = by_key_.erase(it);
    } else if (found.starts_with(key)) {
      ++it;  // "pools-x" sorts between "pools" and "pools.1"
    } else {
      break;
    }
  }
}

Origin Origins::of(std::string_view key) const {
  for (;;) {
    if (const auto it = by_key_.find(key); it != by_key_.end()) return it->second;
    const size_t dot = key.rfind('.');
    if (dot == std::string_view::npos) return {};
    key = key.substr(0, dot);
  }
}

}  // namespace loka::config
