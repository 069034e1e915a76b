#include "common/config/tree.h"

namespace loka::config {

namespace {

// Bytes of the well-formed UTF-8 sequence at the front, 0 if there is none; RFC 3629, section 4.
size_t sequence_bytes(std::string_view text) {
  const auto at = [&](size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  const auto is_tail = [&](size_t i) { return (at(i) & 0xc0U) == 0x80; };
  const unsigned lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return is_tail(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    if (!is_tail(1) || !is_tail(2)) return 0;
    const bool is_overlong = lead == 0xe0 && at(1) < 0xa0;
    const bool is_surrogate = lead == 0xed && at(1) > 0x9f;
    return is_overlong || is_surrogate ? 0 : 3;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    if (!is_tail(1) || !is_tail(2) || !is_tail(3)) return 0;
    const bool is_overlong = lead == 0xf0 && at(1) < 0x90;
    const bool is_too_high = lead == 0xf4 && at(1) > 0x8f;
    return is_overlong || is_too_high ? 0 : 4;
  }
  return 0;
}

}  // namespace

size_t clean_prefix(std::string_view text, std::string_view allowed) {
  size_t i = 0;
  while (i < text.size()) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool is_control = byte < 0x20 || byte == 0x7f;
    if (is_control && allowed.find(text[i]) == std::string_view::npos) return i;
    const size_t bytes = sequence_bytes(text.substr(i));
    if (bytes == 0) return i;
    i += bytes;
  }
  return i;
}

}  // namespace loka::config
