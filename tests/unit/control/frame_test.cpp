#include "common/control/frame.h"

#include <vector>

#include <doctest/doctest.h>

using namespace loka::control;

namespace {

using Payloads = std::vector<std::string>;

// All complete payloads that the reader has now.
Payloads drain(FrameReader& reader) {
  Payloads out;
  for (;;) {
    auto payload = reader.next();
    REQUIRE(payload);
    if (!*payload) return out;
    out.push_back(std::move(**payload));
  }
}

}  // namespace

TEST_CASE("encode_frame: four bytes of length, most significant first, then the payload") {
  CHECK(encode_frame("{}") == std::string("\0\0\0\2{}", 6));
  const std::string large = encode_frame(std::string(0x01'02'03, 'a'));
  CHECK(large.substr(0, 5) == std::string("\0\1\2\3a", 5));
  CHECK(large.size() == 4 + 0x01'02'03);
}

TEST_CASE("FrameReader: cut anywhere, the payloads come out whole") {
  const std::string stream = encode_frame("one") + encode_frame("2") + encode_frame("three");
  for (size_t cut = 0; cut <= stream.size(); ++cut) {
    FrameReader reader;
    reader.feed(std::string_view(stream).substr(0, cut));
    Payloads got = drain(reader);
    reader.feed(std::string_view(stream).substr(cut));
    for (auto& payload : drain(reader)) got.push_back(payload);
    CAPTURE(cut);
    CHECK(got == Payloads{"one", "2", "three"});
    CHECK(reader.pending_bytes() == 0);
  }
  FrameReader reader;
  Payloads got;
  for (const char c : stream) {
    reader.feed({&c, 1});
    for (auto& payload : drain(reader)) got.push_back(payload);
  }
  CHECK(got == Payloads{"one", "2", "three"});
}

TEST_CASE("FrameReader: a frame that is not complete is pending") {
  FrameReader reader;
  reader.feed(encode_frame("four").substr(0, 7));
  CHECK(drain(reader).empty());
  CHECK(reader.pending_bytes() == 7);
}

TEST_CASE("FrameReader: a length above the limit or of zero ends the stream for good") {
  for (const auto& [header, wanted] :
       {std::pair{std::string("\xff\xff\xff\xff", 4), FrameError::kTooLong},
        std::pair{std::string("\0\0\0\x0b", 4), FrameError::kTooLong},
        std::pair{std::string("\0\0\0\0", 4), FrameError::kEmpty}}) {
    FrameReader reader(10);
    reader.feed(encode_frame("0123456789"));
    reader.feed(header);
    CHECK(*reader.next() == "0123456789");
    for (int i = 0; i < 2; ++i) {
      const auto payload = reader.next();
      REQUIRE_FALSE(payload);
      CHECK(payload.error() == wanted);
      reader.feed(encode_frame("late"));
    }
    CHECK(reader.pending_bytes() == 0);
  }
}

TEST_CASE("FrameReader: the largest frame passes, one byte more does not") {
  FrameReader reader;
  reader.feed(encode_frame(std::string(kFrameBytesMax, 'x')));
  const auto payload = reader.next();
  REQUIRE(payload);
  REQUIRE(*payload);
  CHECK((*payload)->size() == kFrameBytesMax);
  reader.feed(std::string("\x01\0\0\x01", 4));
  CHECK(reader.next().error() == FrameError::kTooLong);
}
