// Configuration text that means harm, or that yaml-cpp would take in silence for something else.
#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include "common/config/load_yaml.h"
#include "tests/unit/config/fixture.h"

using namespace loka::config;

namespace {

std::string repeated(const std::string& text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("read_yaml: aliases are refused, so that billion laughs stay one laugh") {
  std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c <= 'i'; ++c) {
    const std::string last(1, static_cast<char>(c - 1));
    bomb +=
        std::string(1, c) + ": &" + c + " [" + repeated("*" + last + ", ", 8) + "*" + last + "]\n";
  }
  const auto begin = std::chrono::steady_clock::now();
  CHECK(problems_of(bomb)[0] == "f:2:8: aliases (*name) are not allowed; write the value out");
  const auto took = std::chrono::steady_clock::now() - begin;
  CHECK(took < std::chrono::milliseconds(100));
}

TEST_CASE("read_yaml: deep nesting ends at a limit, in flow and in block style") {
  for (const std::string& text :
       {repeated("[", 100'000), repeated("{a: ", 100'000), repeated("- ", 100'000),
        repeated("? ", 100'000), "pool: " + repeated("[", 8) + repeated("]", 8)}) {
    Problems problems;
    const Value value = read_yaml(text, "f", problems);
    CHECK(value.kind == Value::Kind::kNull);
    REQUIRE(problems.size() == 1);
    CAPTURE(problems[0].text());
    CHECK((problems[0].what == "nested deeper than 8 levels" ||
           problems[0].what == "a key that is not plain text"));
  }
}

TEST_CASE("read_yaml: a million bytes of anything end in reasonable time") {
  for (const std::string& piece :
       {std::string("["),      std::string("{"),    std::string("- "),    std::string("? "),
        std::string("a: "),    std::string("[a, "), std::string("a\n"),   std::string("- a\n"),
        std::string("a: b\n"), std::string("\""),   std::string("'"),     std::string("&a "),
        std::string("!a "),    std::string("%a\n"), std::string("---\n"), std::string(" "),
        std::string("#"),      std::string("|\n"),  std::string("[]"),    std::string("{?"),
        std::string("\t"),     std::string("*a "),  std::string(","),     std::string("]"),
        std::string("- [\n")}) {
    CAPTURE(piece);
    const std::string text = repeated(piece, kFileBytesMax / piece.size());
    const auto begin = std::chrono::steady_clock::now();
    CHECK_FALSE(problems_of(text).empty());
    const auto took = std::chrono::steady_clock::now() - begin;
    CHECK(took < std::chrono::seconds(10));  // 0.3 s at most without sanitizers
  }
}

TEST_CASE("read_yaml: what would end or change the input in silence is refused") {
  // yaml-cpp takes 0x04 for the end of the input.
  CHECK(problems_of("pool: {url: 'h:1'}\n\x04junk: [\n") ==
        Lines{"f:2:1: a control character, or bytes that are not UTF-8; save the file as plain "
              "UTF-8 text"});
  CHECK(problems_of(std::string("a: \0", 4))[0].starts_with("f:1:4: a control character"));
  CHECK(problems_of("\xff\xfe"
                    "a")[0]
            .starts_with("f:1:1: a control character"));
  CHECK(problems_of("a: \xc0\xaf")[0].starts_with("f:1:4: a control character"));
  CHECK(problems_of("a: \xed\xa0\x80")[0].starts_with("f:1:4: a control character"));
  CHECK(problems_of("\xef\xbb\xbfpool: {url: 'h:1'}\n") == Lines{});
}

TEST_CASE("read_yaml: a second document, tags and keys that are no text are refused") {
  CHECK(problems_of("pool: {url: 'h:1'}\n---\npool: {url: 'h:2'}\n")[0].starts_with(
      "f:2:1: a second document"));
  CHECK(problems_of("pool: !include other.yaml\n")[0] ==
        "f:1:7: tags (!name) are not allowed; write the plain value");
  CHECK(problems_of("? [a]\n: b\n")[0].find("a key that is not plain text") != std::string::npos);
  CHECK(problems_of("~: b\n")[0].find("a key without a name") != std::string::npos);
  CHECK(problems_of("---\npool: {url: 'h:1'}\n") == Lines{});
}

TEST_CASE("read_yaml: broken YAML names its place, and nothing of the file counts") {
  const auto result = load_text("server: {workers: 3}\npool: {url: 'h:1'\nx", "f");
  CHECK(result.config == Config());
  CHECK(result.problems[0].text().starts_with("f:3:"));
  CHECK(result.problems[0].what.starts_with("not YAML: "));
  CHECK(problems_of("pool:\n\turl: h:1\n") ==
        Lines{"f:2:5: not YAML: illegal map value; indent with blanks; YAML does not take tabs"});
}

TEST_CASE("load: escapes cannot smuggle control characters into a value") {
  CHECK(problems_of("pool: {url: 'h:1', username: \"a\\nb\"}\n") ==
        Lines{"f:1:30: pool.username: contains control characters or no UTF-8; write one value, or "
              "remove the line for the default"});
  CHECK(problems_of("pool: {url: 'h:1', username: \"a\\0b\"}\n").size() == 1);
}

TEST_CASE("load: thousands of problems are summed up") {
  std::string yaml = "pool: {url: 'h:1'}\n";
  for (int i = 0; i < 3000; ++i) yaml += "k" + std::to_string(i) + ": 1\n";
  CHECK(problems_of(yaml).size() == kProblemsMax + 1);
}
