// Reads one JSON text into a flat list of tokens, each with its byte range in the original text, so
// that a line can be routed, checked and sent on without being written anew. The only door to
// RapidJSON; no type of it is seen outside reader.cpp. Its DOM is not used: tokens serve all.
//
// RapidJSON alone is not strict enough here (measured with 1.1.0): its SSE2 path lets the raw
// control characters 1a to 1f pass, a lone low surrogate escape becomes broken UTF-8, a NUL ends
// the text silently, and bytes that are no UTF-8 go through unless its SIMD is switched off. So the
// text is surveyed first, by our own code, at 8 bytes a step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "common/base/result.h"

namespace loka::json {

enum class Kind : uint8_t { kNull, kFalse, kTrue, kNumber, kString, kArray, kObject };

// Tokens stand in the order of the text. Inside an object they alternate: key (a kString), value.
// text: a string decoded, escapes resolved, valid UTF-8; a number's own digits; else empty.
struct Token {
  Kind kind = Kind::kNull;
  uint32_t begin = 0;  // of the value in the original text, quotes and brackets included
  uint32_t end = 0;
  uint32_t next = 0;   // index of the first token behind this value and all that is inside it
  uint32_t count = 0;  // items of an array, members of an object
  std::string_view text;
};

enum class ReadError : uint8_t {
  kNotJson,  // a syntax error, a raw control character, an empty text, something behind the value
  kTooDeep,
  kTooLong,
  kTooManyItems,
  kNotUtf8,
  kNulCharacter,  // a raw NUL; an escaped one is only noted, see has_escaped_nul()
};

[[nodiscard]] std::string_view describe(ReadError error);

struct Limits {
  size_t text_bytes_max;
  size_t depth_max;  // of arrays and objects inside each other
  size_t items_max;  // values of every kind, keys not counted
};

class Reader {
 public:
  // Everything is allocated here; read() allocates nothing.
  explicit Reader(const Limits& limits);
  ~Reader();
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;

  // The tokens and their texts point into this reader and are valid until the next call. The first
  // token is the whole value. A lone surrogate escape is read as U+FFFD.
  [[nodiscard]] Result<std::span<const Token>, ReadError> read(std::string_view text);

  // Whether the text read last has \u0000 in a string or key; its token then has a NUL in its text.
  [[nodiscard]] bool has_escaped_nul() const;

 private:
  struct Machine;
  std::unique_ptr<Machine> machine_;
};

}  // namespace loka::json
