#include "common/json/writer.h"

#include <array>
#include <cmath>

#include <doctest/doctest.h>

using loka::json::Writer;

TEST_CASE("writer: commas stand where they belong") {
  std::array<char, 256> buffer;
  Writer out(buffer);
  out.begin_object().member("a", 1).key("b").begin_array().number(1).null().string("x");
  out.begin_object().end_object().begin_array().end_array().end_array();
  out.member("c", true).key("d").raw("[7]").end_object().append("\n");
  CHECK(out.fits());
  CHECK(out.view() == "{\"a\":1,\"b\":[1,null,\"x\",{},[]],\"c\":true,\"d\":[7]}\n");
}

TEST_CASE("writer: text is escaped, also in keys") {
  std::string text;
  Writer out(text);
  out.begin_object().member("k\"", "a\\\n\xff").end_object();
  CHECK(text == "{\"k\\\"\":\"a\\\\\\n\xef\xbf\xbd\"}");
}

TEST_CASE("writer: numbers of every type, and null for what JSON does not know") {
  std::string text;
  Writer out(text);
  out.begin_array().number(-5).number(18446744073709551615U).number(0.001).number(65536.0);
  out.number(HUGE_VAL).number(std::nan("")).end_array();
  CHECK(text == "[-5,18446744073709551615,0.001,65536,null,null]");
}

TEST_CASE("writer: fits to the last byte, and tells when it does not") {
  std::array<char, 16> buffer;
  for (size_t room = 0; room <= buffer.size(); ++room) {
    buffer.fill('#');
    Writer out(std::span<char>(buffer.data(), room));
    out.begin_object().member("key", "v\"").end_object();
    CHECK(out.fits() == (room >= 13));
    for (size_t i = room; i < buffer.size(); ++i) CHECK(buffer[i] == '#');
  }
}

TEST_CASE("writer: appends to what a string holds already and views only its own") {
  std::string text = "data: ";
  Writer out(text);
  out.begin_array().end_array();
  CHECK(text == "data: []");
  CHECK(out.view() == "[]");
}
