#include "common/stratum/line_reader.h"

#include <array>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using loka::stratum::LineReader;

namespace {

// A stream read in pieces, with the tail kept between them as the engine keeps it in a page.
struct Stream {
  explicit Stream(size_t line_bytes_max) : limit(line_bytes_max), joined(line_bytes_max, '\0') {}

  void feed(std::string_view fresh) {
    LineReader reader(tail, fresh, joined, limit);
    LineReader::Found found{};
    while ((found = reader.next()) == LineReader::Found::kLine) {
      lines.emplace_back(reader.line());
      consumed.push_back(reader.consumed());
    }
    is_too_long = found == LineReader::Found::kTooLong;
    const std::string rest =
        std::string(reader.unfinished_tail()) + std::string(reader.unfinished_fresh());
    tail = rest;
  }

  // Everything that came out, divided by |.
  [[nodiscard]] std::string all() const {
    std::string text;
    for (const std::string& line : lines) text += line + "|";
    return text;
  }

  size_t limit;
  std::string joined;
  std::string tail;
  std::vector<std::string> lines;
  std::vector<size_t> consumed;
  bool is_too_long = false;
};

}  // namespace

TEST_CASE("line reader: several lines of one read come one by one, with the place after each") {
  Stream stream(100);
  stream.feed("one\ntwo\r\nthree");
  CHECK(stream.all() == "one|two|");
  CHECK(stream.consumed == std::vector<size_t>{4, 9});
  CHECK(stream.tail == "three");
}

TEST_CASE("line reader: every way to cut a stream gives the same lines") {
  const std::string bytes = "{\"id\":1}\r\n\n  \t\r\n{\"id\":\"\xc3\xa7\"}\n{\"id\":3}\n";
  for (size_t piece = 1; piece <= bytes.size(); ++piece) {
    Stream stream(16);
    for (size_t at = 0; at < bytes.size(); at += piece) stream.feed(bytes.substr(at, piece));
    CHECK(stream.all() == "{\"id\":1}|{\"id\":\"\xc3\xa7\"}|{\"id\":3}|");
    CHECK(stream.tail.empty());
    CHECK_FALSE(stream.is_too_long);
  }
}

TEST_CASE("line reader: blank lines are skipped but count as consumed") {
  Stream stream(100);
  stream.feed("\n \t \n\r\nx\n\n");
  CHECK(stream.all() == "x|");
  CHECK(stream.consumed == std::vector<size_t>{9});
  CHECK(stream.tail.empty());
}

TEST_CASE("line reader: a line of the limit passes, one byte more does not, complete or not") {
  for (const std::string_view end : {"\n", ""}) {
    Stream exact(8);
    exact.feed("12345678" + std::string(end));
    CHECK_FALSE(exact.is_too_long);
    Stream above(8);
    above.feed("123456789" + std::string(end));
    CHECK(above.is_too_long);
    CHECK(above.lines.empty());
  }
}

TEST_CASE("line reader: the limit holds for tail and fresh bytes together") {
  Stream stream(8);
  stream.feed("1234");
  stream.feed("5678");
  CHECK_FALSE(stream.is_too_long);
  stream.feed("\nnext\n");
  CHECK(stream.all() == "12345678|next|");
  stream.feed("12345678");
  stream.feed("9");
  CHECK(stream.is_too_long);
}

TEST_CASE("line reader: lines before the one that is too long are still handed out") {
  Stream stream(4);
  stream.feed("abc\n12345\nnever\n");
  CHECK(stream.all() == "abc|");
  CHECK(stream.is_too_long);
}

TEST_CASE("line reader: after too long it stays so") {
  std::array<char, 4> joined{};
  LineReader reader({}, "12345\nx\n", joined, 4);
  CHECK(reader.next() == LineReader::Found::kTooLong);
  CHECK(reader.next() == LineReader::Found::kTooLong);
}

TEST_CASE("line reader: a line without a tail is a view of the fresh bytes") {
  const std::string_view fresh = "abc\n";
  LineReader reader({}, fresh, {}, 8);
  REQUIRE(reader.next() == LineReader::Found::kLine);
  CHECK(reader.line().data() == fresh.data());
  CHECK(reader.next() == LineReader::Found::kNothing);
}

TEST_CASE("line reader: nothing new leaves the tail as it is") {
  std::array<char, 8> joined{};
  LineReader reader("tail", {}, joined, 8);
  CHECK(reader.next() == LineReader::Found::kNothing);
  CHECK(reader.unfinished_tail() == "tail");
  CHECK(reader.unfinished_fresh().empty());
  CHECK(reader.consumed() == 0);
}
