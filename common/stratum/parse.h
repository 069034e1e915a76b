// From a line to a Message. Strict where two readers could differ: one JSON object, no duplicate
// keys, depth and length bounded, valid UTF-8; lenient where the reference says how to read.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "common/base/result.h"
#include "common/stratum/message.h"

namespace loka::stratum {

enum class ParseError : uint8_t {
  kNotJson,       // not one JSON object, or something behind it
  kTooDeep,       // nesting above kJsonDepthMax
  kTooLong,       // longer than the parser was made for
  kDuplicateKey,  // of the outer object
  kNotUtf8,
  kNulCharacter,  // a NUL, raw or as \u0000, in a string that we use
  kWrongType,     // method is not a string, params is neither array nor null: `partial().id` is set
  kNeither,       // an object without method, result and error
};

[[nodiscard]] std::string_view describe(ParseError error);

class Parser {
 public:
  // line_bytes_max: lines above are kTooLong; the private copy is allocated here, once.
  explicit Parser(size_t line_bytes_max);

  // line: without its newline; a trailing \r and blanks are allowed. Views in the Message point
  // into the private copy and are valid until the next call; spans refer to `line`.
  [[nodiscard]] Result<Message, ParseError> parse(std::string_view line);

  // After kWrongType and kNeither: what was understood, the id above all, so that an error can be
  // answered to the right request.
  [[nodiscard]] const Message& partial() const { return message_; }

 private:
  size_t line_bytes_max_;
  std::unique_ptr<char[]> copy_;
  Message message_;
};

}  // namespace loka::stratum
