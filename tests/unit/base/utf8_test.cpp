#include "common/base/utf8.h"

#include <doctest/doctest.h>

#include "common/base/json_escape.h"

using loka::is_valid_utf8;
using loka::sanitise;

namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    char piece[loka::kEscapedBytesMax];
    const size_t length = loka::json_escape_character(text, at, piece);
    out.append(piece, length);
  }
  return out;
}

}  // namespace

// The limits are those of RFC 3629, section 4.
TEST_CASE("utf8: the first and the last sequence of every length are valid") {
  for (const std::string_view text :
       {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
        "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    CHECK(is_valid_utf8(text));
}

TEST_CASE("utf8: overlong forms, surrogates, cut and stray bytes are not") {
  for (const std::string_view text :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf", "\xed\xa0\x80",
        "\xed\xbf\xbf", "\xe2\x82", "\xe2\x82\x41", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80", "\xf0\x9f\x92", "\xff", "\xfe"})
    CHECK_FALSE(is_valid_utf8(text));
}

TEST_CASE("utf8: a bad byte is found at every place of a long ASCII text") {
  for (size_t length = 1; length < 40; ++length) {
    for (size_t at = 0; at < length; ++at) {
      std::string text(length, 'a');
      CHECK(is_valid_utf8(text));
      text[at] = '\xff';
      CHECK_FALSE(is_valid_utf8(text));
    }
  }
}

TEST_CASE("sanitise: bad bytes and control characters become U+FFFD, the rest stays") {
  CHECK(sanitise("farm.rig 7", 100) == "farm.rig 7");
  CHECK(sanitise("ma\xc3\xa7on", 100) == "ma\xc3\xa7on");
  CHECK(sanitise("us\xff", 100) == "us\xef\xbf\xbd");
  CHECK(sanitise("\x1b[2J", 100) == "\xef\xbf\xbd[2J");
  CHECK(sanitise("\xc2\x9b", 100) == "\xef\xbf\xbd");  // C1: a terminal takes it for ESC [
  CHECK(sanitise(std::string_view("a\0b", 3), 100) ==
        "a\xef\xbf\xbd"
        "b");
}

TEST_CASE("sanitise: the limit is in bytes and cuts between characters") {
  CHECK(sanitise("abc", 2) == "ab");
  CHECK(sanitise("ma\xc3\xa7", 3) == "ma");
  CHECK(sanitise("a\xff", 3) == "a");
  CHECK(sanitise("abc", 0).empty());
}

TEST_CASE("json escape: quotes, backslashes, controls and bad bytes cannot leave the string") {
  CHECK(escaped("plain") == "plain");
  CHECK(escaped("a\"b\\c") == "a\\\"b\\\\c");
  CHECK(escaped("\n\r\t\x1b\x7f") == "\\n\\r\\t\\u001b\\u007f");
  CHECK(escaped("\xc2\x9b") == "\\u009b");
  CHECK(escaped("\xff\xc3\xa7") == "\xef\xbf\xbd\xc3\xa7");
  CHECK(escaped(std::string_view("\0", 1)) == "\\u0000");
}

TEST_CASE("json escape: a plain run ends where escaping begins") {
  CHECK(loka::json_plain_run("abc", 0) == 3);
  CHECK(loka::json_plain_run("ab\"c", 0) == 2);
  CHECK(loka::json_plain_run("ab\"c", 2) == 0);
  CHECK(loka::json_plain_run("ab\xc3\xa7", 0) == 2);
  CHECK(loka::json_plain_run("ab\x7f", 1) == 1);
}
