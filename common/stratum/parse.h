// From a line to a Message. Strict where two readers could differ: one JSON object, no duplicate
// keys, depth and length bounded, valid UTF-8; lenient where the reference says how to read.
#pragma once

#include <cstddef>
#include <string_view>

#include "common/base/result.h"
#include "common/json/reader.h"
#include "common/stratum/message.h"

namespace loka::stratum {

enum class ParseError : uint8_t {
  kNotJson,       // not one JSON object, or something behind it
  kTooDeep,       // nesting above kJsonDepthMax
  kTooLong,       // longer than the parser was made for
  kTooManyItems,  // above kJsonItemsMax values or kMembersMax members
  kDuplicateKey,  // of the outer object
  kNotUtf8,
  kNulCharacter,  // a NUL, raw anywhere or as \u0000 in any string
  kWrongType,     // method is no string, params neither array nor null, or id no scalar of at most
                  // kIdBytesMax bytes, and then absent in partial()
  kNeither,       // an object without method, result and error
};

[[nodiscard]] std::string_view describe(ParseError error);

class Parser {
 public:
  // line_bytes_max: lines above are kTooLong; the private copy is allocated here, once.
  explicit Parser(size_t line_bytes_max);

  // line: without its newline; a trailing \r and blanks are allowed. Views in the Message point
  // into the private copy and are valid until the next call; spans refer to `line`. A line of
  // blanks alone is kNotJson; the line reader does not hand such lines on. Allocates nothing.
  // Params that are a bare string are accepted for set_version_mask, as one item (some pools).
  [[nodiscard]] Result<Message, ParseError> parse(std::string_view line);

  // After kWrongType, kNeither and an escaped kNulCharacter: what was understood, id and method
  // above all, so that an error can be answered to the right request. Empty after the others.
  [[nodiscard]] const Message& partial() const { return message_; }

 private:
  json::Reader reader_;  // holds the private copy
  Message message_;
};

}  // namespace loka::stratum
