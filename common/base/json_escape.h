// How a text becomes the inside of a JSON string. Lives in base because the log needs it as well as
// common/json.
#pragma once

#include <cstddef>
#include <string_view>

namespace loka {

// The longest that one character can become: \u001b.
inline constexpr size_t kEscapedBytesMax = 6;

// Writes the character at text[at] to out, which holds kEscapedBytesMax bytes, and moves `at`
// behind it; returns the number of bytes written. Quotes, backslashes and control characters (C1
// too) are escaped, a byte that is not UTF-8 becomes U+FFFD. Needs at < text.size().
size_t json_escape_character(std::string_view text, size_t& at, char* out);

// How many bytes from text[at] on need no escaping: printable ASCII without quote and backslash.
[[nodiscard]] size_t json_plain_run(std::string_view text, size_t at);

}  // namespace loka
