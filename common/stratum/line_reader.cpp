#include "common/stratum/line_reader.h"

#include <cstring>

#include "common/base/check.h"

namespace loka::stratum {

LineReader::LineReader(std::string_view tail, std::string_view fresh, std::span<char> joined,
                       size_t line_bytes_max)
    : tail_(tail), fresh_(fresh), joined_(joined), line_bytes_max_(line_bytes_max) {
  CHECK(tail.size() <= line_bytes_max);
  CHECK(tail.empty() || joined.size() >= line_bytes_max);
}

std::string_view LineReader::join(std::string_view head) {
  std::memcpy(joined_.data(), tail_.data(), tail_.size());
  if (!head.empty()) std::memcpy(joined_.data() + tail_.size(), head.data(), head.size());
  return {joined_.data(), tail_.size() + head.size()};
}

LineReader::Found LineReader::next() {
  while (!is_too_long_) {
    const std::string_view rest = fresh_.substr(consumed_);
    const size_t newline = rest.find('\n');
    const std::string_view head = rest.substr(0, newline);
    if (tail_.size() + head.size() > line_bytes_max_) break;
    if (newline == std::string_view::npos) return Found::kNothing;

    std::string_view line = tail_.empty() ? head : join(head);
    tail_ = {};
    consumed_ += newline + 1;
    while (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    line_ = line;
    return Found::kLine;
  }
  is_too_long_ = true;
  return Found::kTooLong;
}

}  // namespace loka::stratum
