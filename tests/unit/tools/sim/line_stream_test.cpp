#include "tools/sim/line_stream.h"

#include <array>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

using loka::sim::LineStream;

namespace {

// A stream and the other end of its socket.
struct Pair {
  Pair() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    stream = LineStream(ends[0]);
    peer = ends[1];
  }
  ~Pair() {
    if (peer >= 0) ::close(peer);
  }
  void say(std::string_view bytes) const {
    REQUIRE(::write(peer, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }
  LineStream::State read() {
    return stream.read(scratch, [this](std::string_view line) {
      lines.emplace_back(line);
      return line != "stop";
    });
  }

  LineStream stream;
  int peer = -1;
  std::array<char, 256> scratch{};
  std::vector<std::string> lines;
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("line_stream: lines come whole however they were cut") {
  Pair pair;
  for (const char byte : std::string("one\r\n\ntwo\nthr")) {
    pair.say({&byte, 1});
    CHECK(pair.read() == LineStream::State::kOpen);
  }
  CHECK(pair.lines == Lines{"one", "two"});
  pair.say("ee\nfour\n");
  CHECK(pair.read() == LineStream::State::kOpen);
  CHECK(pair.lines == Lines{"one", "two", "three", "four"});
}

TEST_CASE("line_stream: nothing to read is no end, and an unfinished line at the end is dropped") {
  Pair pair;
  CHECK(pair.read() == LineStream::State::kOpen);
  pair.say("last\npart");
  ::close(pair.peer);
  pair.peer = -1;
  CHECK(pair.read() == LineStream::State::kOpen);
  CHECK(pair.read() == LineStream::State::kEnded);
  CHECK(pair.lines == Lines{"last"});
}

TEST_CASE("line_stream: the handler can stop, and an endless line is refused") {
  Pair pair;
  pair.say("a\nstop\nb\n");
  CHECK(pair.read() == LineStream::State::kFailed);
  CHECK(pair.lines == Lines{"a", "stop"});

  Pair endless;
  auto state = LineStream::State::kOpen;
  size_t sent = 0;
  while (state == LineStream::State::kOpen && sent < 2 * LineStream::kLineBytesMax) {
    endless.say(std::string(200, 'x'));
    sent += 200;
    state = endless.read();
  }
  CHECK(state == LineStream::State::kFailed);
  CHECK(sent > LineStream::kLineBytesMax);
}

TEST_CASE("line_stream: what the kernel does not take is kept, up to a limit") {
  Pair pair;
  const std::string text(400'000, 'y');
  pair.stream.output() += text;
  CHECK(pair.stream.flush());
  CHECK(pair.stream.has_output());
  std::string received;
  std::array<char, 65536> buffer;
  while (received.size() < text.size()) {
    const ssize_t size = ::read(pair.peer, buffer.data(), buffer.size());
    if (size > 0) received.append(buffer.data(), static_cast<size_t>(size));
    REQUIRE(pair.stream.flush());
  }
  CHECK(received == text);
  CHECK_FALSE(pair.stream.has_output());
  pair.stream.output().assign(3 * LineStream::kOutputBytesMax, 'z');
  CHECK_FALSE(pair.stream.flush());
}

TEST_CASE("line_stream: a stream that is moved from owns nothing") {
  Pair pair;
  LineStream other = std::move(pair.stream);
  CHECK(other.is_open());
  CHECK_FALSE(pair.stream.is_open());
  other.close();
  CHECK_FALSE(other.is_open());
}
