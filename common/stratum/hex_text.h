// Checks on hex that is passed on as text and never needed as bytes.
#pragma once

#include <string_view>

#include "common/base/hex.h"

namespace loka::stratum {

[[nodiscard]] inline bool is_hex(std::string_view text) {
  // Bad digits are -1, so the sign collects them all.
  int bad = 0;
  for (const char c : text) bad |= hex_digit(c);
  return bad >= 0;
}

// Whole bytes; none at all too.
[[nodiscard]] inline bool is_hex_bytes(std::string_view text) {
  return text.size() % 2 == 0 && is_hex(text);
}

}  // namespace loka::stratum
