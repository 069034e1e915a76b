#include "common/config/tree.h"

#include <charconv>

#include "common/base/utf8.h"

namespace loka::config {

size_t clean_prefix(std::string_view text, std::string_view allowed) {
  size_t i = 0;
  while (i < text.size()) {
    const size_t bytes = utf8_sequence_length(text, i);
    if (bytes == 0) return i;
    const bool is_allowed = allowed.find(text[i]) != std::string_view::npos;
    if (is_control_sequence(text.substr(i, bytes)) && !is_allowed) return i;
    i += bytes;
  }
  return i;
}

std::optional<size_t> parse_position(std::string_view text, size_t max) {
  size_t position = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, failed] = std::from_chars(text.data(), end, position);
  const bool is_number = failed == std::errc{} && stopped == end && !text.starts_with('0');
  if (!is_number || position > max) return std::nullopt;
  return position;
}

}  // namespace loka::config
