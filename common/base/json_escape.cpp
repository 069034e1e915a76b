#include "common/base/json_escape.h"

#include <cstdint>
#include <cstring>

#include "common/base/utf8.h"

namespace loka {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

size_t put(std::string_view piece, char* out) {
  std::memcpy(out, piece.data(), piece.size());
  return piece.size();
}

// code_point below 0x100: all control characters are.
size_t put_hex_escape(unsigned code_point, char* out) {
  const char escape[] = {
      '\\', 'u', '0', '0', kDigits[code_point >> 4U], kDigits[code_point & 0xfU]};
  return put({escape, sizeof escape}, out);
}

}  // namespace

size_t json_escape_character(std::string_view text, size_t& at, char* out) {
  const size_t length = utf8_sequence_length(text, at);
  if (length == 0) {
    ++at;
    return put(kReplacementCharacter, out);
  }
  const std::string_view sequence = text.substr(at, length);
  at += length;
  switch (sequence[0]) {
    case '"':
      return put("\\\"", out);
    case '\\':
      return put("\\\\", out);
    case '\n':
      return put("\\n", out);
    case '\r':
      return put("\\r", out);
    case '\t':
      return put("\\t", out);
    default:
      break;
  }
  // The last byte of a C1 control is its code point: U+009B is C2 9B.
  if (is_control_sequence(sequence))
    return put_hex_escape(static_cast<uint8_t>(sequence.back()), out);
  return put(sequence, out);
}

size_t json_plain_run(std::string_view text, size_t at) {
  const size_t begin = at;
  while (at < text.size()) {
    const auto c = static_cast<uint8_t>(text[at]);
    if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\') break;
    ++at;
  }
  return at - begin;
}

}  // namespace loka
