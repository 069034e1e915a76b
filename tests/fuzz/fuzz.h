// What the fuzz targets share. A property that does not hold aborts by CHECK, which the fuzzer and
// the replay both take for a crash.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "common/base/check.h"
#include "common/base/utf8.h"
#include "common/json/document.h"

namespace loka::fuzz {

// Takes an input apart from its front.
class Input {
 public:
  Input(const uint8_t* data, size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}  // bytes as text

  uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto value = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  // Up to the next NUL or the end.
  std::string_view text() {
    const size_t end = rest_.find('\0');
    const std::string_view piece = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    return piece;
  }
  std::string_view rest() {
    const std::string_view all = rest_;
    rest_ = {};
    return all;
  }
  [[nodiscard]] bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

// What every line that leaves us must be: one JSON object, valid UTF-8, no raw control byte, one
// newline, at its end.
inline void check_line(std::string_view line) {
  CHECK(line.ends_with('\n'));
  line.remove_suffix(1);
  for (const char c : line) CHECK(static_cast<uint8_t>(c) >= 0x20);
  CHECK(is_valid_utf8(line));
  const auto document = json::Document::parse(line);
  CHECK(document.has_value());
  CHECK(document->root().is_object());
}

}  // namespace loka::fuzz
