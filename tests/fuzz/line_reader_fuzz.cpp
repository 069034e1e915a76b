// A byte stream in pieces of any size gives the same lines as the whole of it at once.
#include <string>
#include <vector>

#include "common/stratum/line_reader.h"
#include "tests/fuzz/fuzz.h"

namespace {

using loka::stratum::LineReader;

struct Lines {
  std::vector<std::string> lines;
  std::string rest;
  bool is_too_long = false;
  bool operator==(const Lines&) const = default;
};

// By the definition alone, without cleverness.
Lines expected(std::string_view bytes, size_t limit) {
  Lines all;
  while (!all.is_too_long) {
    const size_t newline = bytes.find('\n');
    std::string line(bytes.substr(0, newline));
    if (line.size() > limit) {
      all.is_too_long = true;
    } else if (newline == std::string_view::npos) {
      all.rest = line;
      break;
    } else {
      bytes.remove_prefix(newline + 1);
      while (!line.empty() && line.back() == '\r') line.pop_back();
      if (line.find_first_not_of(" \t\r") != std::string::npos) all.lines.push_back(line);
    }
  }
  return all;
}

Lines read_in_pieces(std::string_view bytes, size_t limit, loka::fuzz::Input& sizes) {
  Lines all;
  std::string joined(limit, '\0');
  while (!bytes.empty() && !all.is_too_long) {
    const std::string piece(bytes.substr(0, size_t{sizes.byte()} + 1));
    bytes.remove_prefix(piece.size());
    LineReader reader(all.rest, piece, joined, limit);
    size_t consumed = 0;
    LineReader::Found found{};
    while ((found = reader.next()) == LineReader::Found::kLine) {
      CHECK(reader.consumed() > consumed && reader.consumed() <= piece.size());
      CHECK(piece[reader.consumed() - 1] == '\n');
      consumed = reader.consumed();
      all.lines.emplace_back(reader.line());
    }
    all.is_too_long = found == LineReader::Found::kTooLong;
    std::string rest(reader.unfinished_tail());
    rest += reader.unfinished_fresh();
    all.rest = all.is_too_long ? "" : rest;
  }
  return all;
}

}  // namespace

// The first byte is the limit, the text up to the first NUL the sizes of the pieces.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  loka::fuzz::Input input(data, size);
  const size_t limit = size_t{input.byte()} + 1;
  const std::string_view pieces = input.text();
  loka::fuzz::Input sizes(data + 1, pieces.size());
  const std::string_view bytes = input.rest();
  CHECK(read_in_pieces(bytes, limit, sizes) == expected(bytes, limit));
  return 0;
}
