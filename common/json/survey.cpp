#include "common/json/survey.h"

#include <cstdint>
#include <cstring>
#include <optional>

#include "common/base/hex.h"
#include "common/base/utf8.h"

namespace loka::json {
namespace {

constexpr uint64_t kOnes = 0x0101010101010101U;
constexpr uint64_t kHighBits = 0x8080808080808080U;

// High bit set somewhere if any byte is below `bound` (at most 0x80); the classic test, exact for
// the question "any?".
constexpr uint64_t any_below(uint64_t eight, uint64_t bound) {
  return (eight - kOnes * bound) & ~eight & kHighBits;
}

// Eight bytes of plain ASCII: no control character, no backslash, nothing above 0x7f.
bool is_plain(const char* bytes) {
  uint64_t eight = 0;
  std::memcpy(&eight, bytes, sizeof eight);
  const uint64_t backslashes = eight ^ (kOnes * uint64_t{'\\'});
  return ((eight & kHighBits) | any_below(eight, 0x20) | any_below(backslashes, 1)) == 0;
}

void note(Survey& found, char c) {
  if (c == '\\') {
    found.has_escape = true;
  } else if (c == '\0') {
    found.has_nul = true;
    found.has_control = true;
  } else if (static_cast<uint8_t>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') {
    found.has_control = true;
  }
}

constexpr size_t kEscapeLength = 6;  // \u001b

// The code unit of the escape \uXXXX at text[at].
std::optional<uint32_t> code_unit(std::string_view text, size_t at) {
  if (text.size() - at < kEscapeLength || text[at] != '\\' || text[at + 1] != 'u')
    return std::nullopt;
  return hex_u32(text.substr(at + 2, 4));
}

bool is_surrogate(uint32_t unit) { return unit >= 0xd800 && unit <= 0xdfff; }
bool is_pair(uint32_t first, uint32_t second) {
  return first <= 0xdbff && second >= 0xdc00 && second <= 0xdfff;
}

}  // namespace

Survey survey(std::string_view text) {
  Survey found;
  size_t at = 0;
  while (at < text.size()) {
    if (text.size() - at >= sizeof(uint64_t) && is_plain(text.data() + at)) {
      at += sizeof(uint64_t);
      continue;
    }
    const size_t length = utf8_sequence_length(text, at);
    if (length == 0) {
      found.is_utf8 = false;
      ++at;
      continue;
    }
    note(found, text[at]);
    at += length;
  }
  return found;
}

bool mend_escapes(std::span<char> bytes) {
  const std::string_view text(bytes.data(), bytes.size());
  bool has_nul = false;
  size_t at = 0;
  while ((at = text.find('\\', at)) != std::string_view::npos) {
    const std::optional<uint32_t> unit = code_unit(text, at);
    if (!unit) {
      at += 2;
      continue;
    }
    has_nul = has_nul || *unit == 0;
    const std::optional<uint32_t> following =
        is_surrogate(*unit) ? code_unit(text, at + kEscapeLength) : std::nullopt;
    if (following && is_pair(*unit, *following)) {
      at += 2 * kEscapeLength;
      continue;
    }
    if (is_surrogate(*unit)) std::memcpy(bytes.data() + at + 2, "fffd", 4);
    at += kEscapeLength;
  }
  return has_nul;
}

}  // namespace loka::json
