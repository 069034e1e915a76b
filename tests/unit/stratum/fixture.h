// What the tests of this folder share: a parser and an output buffer, so that a case is a few
// lines.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "common/stratum/limits.h"
#include "common/stratum/parse.h"

namespace loka::stratum {

struct Fixture {
  Parser parser{kPoolLineBytesMax};
  std::array<char, kPoolLineBytesMax> buffer{};

  Message good(std::string_view line) {
    auto message = parser.parse(line);
    REQUIRE_MESSAGE(message, line);
    return *message;
  }

  ParseError bad(std::string_view line) {
    auto message = parser.parse(line);
    REQUIRE_MESSAGE(!message, line);
    return message.error();
  }

  // What a function of format.h wrote.
  [[nodiscard]] std::string_view written(size_t length) const { return {buffer.data(), length}; }
};

}  // namespace loka::stratum
