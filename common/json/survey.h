// One pass over the bytes of a JSON text before a parser sees it: what RapidJSON does not check, or
// only at the price of its SIMD.
#pragma once

#include <span>
#include <string_view>

namespace loka::json {

struct Survey {
  bool is_utf8 = true;
  bool has_nul = false;
  bool has_control = false;  // a byte below 0x20 that is not one of JSON's blanks
  bool has_escape = false;   // a backslash somewhere
};

[[nodiscard]] Survey survey(std::string_view text);

// Makes \u escapes safe in place, without moving a byte: a surrogate without its partner becomes
// \ufffd. Returns whether there was a \u0000. Escapes that are no JSON are left for the parser to
// refuse.
bool mend_escapes(std::span<char> text);

}  // namespace loka::json
