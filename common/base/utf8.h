// What is text and what is not: checks on UTF-8, and ways to make foreign bytes safe to show. Peers
// send Latin-1, cut sequences and terminal escapes in names and messages; nothing of that may reach
// a log, a table or the other side.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace loka {

// U+FFFD, which stands for what could not be read.
inline constexpr std::string_view kReplacementCharacter = "\xef\xbf\xbd";

// Strict UTF-8 as in RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF. Eight bytes
// of ASCII cost one comparison.
[[nodiscard]] bool is_valid_utf8(std::string_view text);

// Length of the valid sequence that begins at text[at], 1 to 4; 0 if there is none. at < size.
[[nodiscard]] size_t utf8_sequence_length(std::string_view text, size_t at);

// Whether the valid sequence begins a control character: C0, DEL or C1 (which terminals obey too).
[[nodiscard]] bool is_control_sequence(std::string_view sequence);

// A copy that is valid UTF-8 without control characters, each of them and each bad byte replaced by
// U+FFFD; at most bytes_max bytes, cut between characters.
[[nodiscard]] std::string sanitise(std::string_view text, size_t bytes_max);

}  // namespace loka
