#include "common/json/reader.h"

#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "common/base/utf8.h"

using loka::json::Kind;
using loka::json::Reader;
using loka::json::ReadError;
using loka::json::Token;

namespace {

Reader make_reader() { return Reader({4096, 16, 100}); }

// The whole list as text: kind, range as it stood in the text, decoded text.
std::string show(std::string_view text) {
  Reader reader = make_reader();
  const auto tokens = reader.read(text);
  if (!tokens) return std::string(describe(tokens.error()));
  std::string out;
  for (const Token& token : *tokens) {
    out += std::string("nftNSAO").substr(static_cast<size_t>(token.kind), 1);
    out += std::string(text.substr(token.begin, token.end - token.begin));
    if (!token.text.empty()) out += "=" + std::string(token.text);
    out += " ";
  }
  return out;
}

std::string refusal(std::string_view text) {
  Reader reader = make_reader();
  const auto tokens = reader.read(text);
  return tokens ? "accepted" : std::string(describe(tokens.error()));
}

std::string nested(size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace

TEST_CASE("reader: every kind of value has its range and its text") {
  CHECK(show("null") == "nnull ");
  CHECK(show(" false ") == "ffalse ");
  CHECK(show("true") == "ttrue ");
  CHECK(show("-1.5e3") == "N-1.5e3=-1.5e3 ");
  CHECK(show("\"abc\"") == "S\"abc\"=abc ");
  CHECK(show("[]") == "A[] ");
  CHECK(show("{ }") == "O{ } ");
  CHECK(show("[1, null ,\"x\",[true]]") ==
        "A[1, null ,\"x\",[true]] N1=1 nnull S\"x\"=x A[true] ttrue ");
  CHECK(show("{\"a\": {\"b\":[]} ,\"c\":7 }") ==
        "O{\"a\": {\"b\":[]} ,\"c\":7 } S\"a\"=a O{\"b\":[]} S\"b\"=b A[] S\"c\"=c N7=7 ");
}

TEST_CASE("reader: numbers keep their digits whatever their size") {
  CHECK(show("[18446744073709551617,1.0,-0]") ==
        "A[18446744073709551617,1.0,-0] N18446744073709551617=18446744073709551617 N1.0=1.0 "
        "N-0=-0 ");
}

TEST_CASE("reader: next and count lead around what is inside") {
  Reader reader = make_reader();
  const auto tokens = reader.read("{\"a\":[1,[2,3]],\"b\":{}}");
  REQUIRE(tokens);
  const std::vector<Token> t(tokens->begin(), tokens->end());
  REQUIRE(t.size() == 9);
  CHECK(t[0].count == 2);
  CHECK(t[0].next == 9);
  CHECK(t[2].count == 2);
  CHECK(t[2].next == 7);
  CHECK(t[4].count == 2);
  CHECK(t[4].next == 7);
  CHECK(t[8].count == 0);
  CHECK(t[8].next == 9);
}

TEST_CASE("reader: escapes are decoded, ranges stay those of the text") {
  CHECK(show("[\"a\\\"b\",\"\\\\\",1]") ==
        "A[\"a\\\"b\",\"\\\\\",1] S\"a\\\"b\"=a\"b S\"\\\\\"=\\ N1=1 ");
  CHECK(show("\"\\u006d\\u00e7\\ud83d\\ude00\\/\\n\"") ==
        "S\"\\u006d\\u00e7\\ud83d\\ude00\\/\\n\"=m\xc3\xa7\xf0\x9f\x98\x80/\n ");
  CHECK(show("{\"m\\u0065thod\":1}") == "O{\"m\\u0065thod\":1} S\"m\\u0065thod\"=method N1=1 ");
  // Decoded, this is as long as the raw text up to its escaped quote.
  CHECK(show("[\"\\\"\",2]") == "A[\"\\\"\",2] S\"\\\"\"=\" N2=2 ");
}

TEST_CASE("reader: a surrogate without its partner is U+FFFD, of either half") {
  CHECK(show("\"a\\ud83d\"") == "S\"a\\ud83d\"=a\xef\xbf\xbd ");
  CHECK(show("\"\\udc00b\"") ==
        "S\"\\udc00b\"=\xef\xbf\xbd"
        "b ");
  CHECK(show("\"\\ude00\\ud83d\"") == "S\"\\ude00\\ud83d\"=\xef\xbf\xbd\xef\xbf\xbd ");
  CHECK(show("\"\\ud83d\\u0041\"") ==
        "S\"\\ud83d\\u0041\"=\xef\xbf\xbd"
        "A ");
  CHECK(show("\"\\\\ud83d\"") == "S\"\\\\ud83d\"=\\ud83d ");
}

TEST_CASE("reader: an escaped NUL is decoded and noted, also in a key") {
  Reader reader = make_reader();
  REQUIRE(reader.read("[\"a\\u0000b\"]"));
  CHECK(reader.has_escaped_nul());
  REQUIRE(reader.read("{\"\\u0000\":1}"));
  CHECK(reader.has_escaped_nul());
  REQUIRE(reader.read("[\"a\\\\u0000b\"]"));
  CHECK_FALSE(reader.has_escaped_nul());
}

TEST_CASE("reader: what is not JSON is refused") {
  for (const std::string_view text : {"",
                                      " ",
                                      "{",
                                      "}",
                                      "[1",
                                      "[1,]",
                                      "[,1]",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\":1,}",
                                      "{1:2}",
                                      "{'a':1}",
                                      "nul",
                                      "True",
                                      "01",
                                      "1.",
                                      ".5",
                                      "+1",
                                      "--1",
                                      "1e",
                                      "NaN",
                                      "Infinity",
                                      "0x10",
                                      "\"a",
                                      "a\"",
                                      "\"\\x\"",
                                      "\"\\u12\"",
                                      "\"\\u12g4\"",
                                      "1 2",
                                      "{}{}",
                                      "[]x",
                                      "// c\n1",
                                      "\"\\ud83d\\u12\""})
    CHECK_MESSAGE(refusal(text) == "not JSON", text);
}

TEST_CASE("reader: a raw control character is refused at every place of a long string") {
  for (char control = 1; control < 0x20; ++control) {
    for (size_t at = 0; at < 40; ++at) {
      std::string text = "\"" + std::string(40, 'a') + "\"";
      REQUIRE(refusal(text) == "accepted");
      text[1 + at] = control;
      REQUIRE(refusal(text) == "not JSON");
    }
  }
  CHECK(refusal("\t[\r\n1 ]\t") == "accepted");
}

TEST_CASE("reader: NUL bytes and broken UTF-8 are refused by name") {
  CHECK(refusal(std::string_view("\0\0\0\0", 4)) == "contains a NUL character");
  CHECK(refusal(std::string_view("[1]\0", 4)) == "contains a NUL character");
  CHECK(refusal("[\"us\xff\"]") == "not UTF-8");
  CHECK(refusal("[\"caf\xed\xa0\x80\"]") == "not UTF-8");
  CHECK(refusal("[\"\xc3\xa7\"]") == "accepted");
  CHECK(refusal("\xef\xbb\xbf[]") == "not JSON");
}

TEST_CASE("reader: depth, length and number of values have their limits") {
  CHECK(refusal(nested(16)) == "accepted");
  CHECK(refusal(nested(17)) == "nested too deeply");
  CHECK(refusal(std::string(4000, '[')) == "nested too deeply");
  CHECK(refusal("\"" + std::string(4094, 'a') + "\"") == "accepted");
  CHECK(refusal("\"" + std::string(4095, 'a') + "\"") == "too long");

  std::string many = "[1";
  for (int i = 2; i < 100; ++i) many += ",1";
  CHECK(refusal(many + "]") == "accepted");  // 99 numbers and the array
  CHECK(refusal(many + ",1]") == "too many values");
  CHECK(refusal(many + ",[]]") == "too many values");

  std::string members = "{\"a\":1";
  for (int i = 2; i < 100; ++i) members += ",\"a\":1";
  CHECK(refusal(members + "}") == "accepted");
  CHECK(refusal(members + ",\"a\":1}") == "too many values");
}

TEST_CASE("reader: texts of every length up to three blocks end where they end") {
  Reader reader({48, 4, 8});
  for (size_t length = 0; length <= 46; ++length) {
    const std::string text = "\"" + std::string(length, 'x') + "\"";
    const auto tokens = reader.read(text);
    REQUIRE(tokens);
    CHECK((*tokens)[0].text.size() == length);
    CHECK_FALSE(reader.read(text.substr(0, text.size() - 1)));
  }
}

TEST_CASE("reader: a failed text leaves nothing behind for the next") {
  Reader reader = make_reader();
  CHECK_FALSE(reader.read("[[[["));
  CHECK_FALSE(reader.read("[\"\\u0000"));
  const auto tokens = reader.read("[1]");
  REQUIRE(tokens);
  CHECK(tokens->size() == 2);
  CHECK_FALSE(reader.has_escaped_nul());
}
