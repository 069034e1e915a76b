#include "common/base/log.h"

#include <array>
#include <cmath>
#include <csignal>
#include <string>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/base/log_line.h"
#include "common/base/utf8.h"

using loka::LogEvent;
using loka::LogFormat;
using loka::LogLevel;
using loka::LogValue;

namespace {

// 2026-11-21T02:00:00.123Z, by `date -u -d … +%s`.
constexpr int64_t kTime = 1'795'226'400'123;

std::string line_of(LogFormat format, std::string_view sentence,
                    std::initializer_list<LogValue> values, size_t room = loka::kLogLineBytesMax) {
  std::string line(room, '\0');
  const LogEvent event{kTime, LogLevel::kInfo, "supervisor", "subject", sentence, values};
  line.resize(loka::format_log_line(event, format, line));
  return line;
}

std::string text_line(std::initializer_list<LogValue> values) {
  return line_of(LogFormat::kText, "sentence", values);
}

std::string json_line(std::initializer_list<LogValue> values) {
  return line_of(LogFormat::kJson, "sentence", values);
}

// A pipe whose reading end does not block.
struct Pipe {
  Pipe() {
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    REQUIRE(::fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
  }
  ~Pipe() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  [[nodiscard]] std::string drain() const {
    std::string all;
    char bytes[4096];
    for (ssize_t got = 0; (got = ::read(ends[0], bytes, sizeof bytes)) > 0;)
      all.append(bytes, static_cast<size_t>(got));
    return all;
  }

  std::array<int, 2> ends{};
};

struct LogToStderrAgain {
  ~LogToStderrAgain() { loka::log_setup(STDERR_FILENO, LogFormat::kText, LogLevel::kInfo, "test"); }
};

}  // namespace

TEST_CASE("log line: text has time, level, process, subject, sentence and values") {
  CHECK(text_line({{"key", "value"}, {"key", "quoted value"}}) ==
        "2026-11-21T02:00:00.123Z info supervisor: subject: sentence key=value key=\"quoted "
        "value\"\n");
  CHECK(text_line({{"n", -5}, {"u", 18446744073709551615UL}, {"d", 0.001}, {"ok", true}}) ==
        "2026-11-21T02:00:00.123Z info supervisor: subject: sentence n=-5 "
        "u=18446744073709551615 d=0.001 ok=true\n");
}

TEST_CASE("log line: JSON has the keys that log shippers look for") {
  CHECK(json_line({{"n", 7}, {"s", "x"}, {"ok", false}}) ==
        "{\"ts\":\"2026-11-21T02:00:00.123Z\",\"level\":\"info\",\"process\":\"supervisor\","
        "\"subject\":\"subject\",\"event\":\"sentence\",\"n\":7,\"s\":\"x\",\"ok\":false}\n");
  CHECK(json_line({{"d", std::nan("")}, {"e", HUGE_VAL}}).find("\"d\":null,\"e\":null}") !=
        std::string::npos);
}

TEST_CASE("log line: nothing from a peer can forge a line or leave its quotes") {
  const std::string_view attack = "x\" level=error\n2026 \x1b[2J\\";
  CHECK(
      text_line({{"login", attack}}).find("login=\"x\\\" level=error\\n2026 \\u001b[2J\\\\\"\n") !=
      std::string::npos);
  CHECK(json_line({{"login", attack}})
            .find("\"login\":\"x\\\" level=error\\n2026 \\u001b[2J\\\\\"}\n") != std::string::npos);
  CHECK(text_line({{"login", "us\xff"}}).find("login=\"us\xef\xbf\xbd\"\n") != std::string::npos);
  CHECK(text_line({{"login", ""}}).find("login=\"\"\n") != std::string::npos);
  CHECK(text_line({{"login", "a=b"}}).find("login=\"a=b\"\n") != std::string::npos);
  CHECK(line_of(LogFormat::kText, "two\nlines", {}).find("two\\nlines\n") != std::string::npos);
}

TEST_CASE(
    "log line: whatever the length, it fits, is one line of UTF-8 and tells that it was cut") {
  for (size_t length = 0; length < 300; ++length) {
    const std::string value = std::string(length, 'v') + "\xc3\xa7 \" end";
    for (const LogFormat format : {LogFormat::kText, LogFormat::kJson}) {
      const std::string line = line_of(format, "sentence", {{"a", value}, {"b", 1}}, 256);
      REQUIRE(line.size() <= 256);
      REQUIRE(loka::is_valid_utf8(line));
      REQUIRE(line.find('\n') == line.size() - 1);
      const bool is_whole =
          line.find(" end\"") != std::string::npos &&
          (line.find("b=1\n") != std::string::npos || line.find("\"b\":1}\n") != std::string::npos);
      const bool is_marked = line.find("…") != std::string::npos;
      REQUIRE(is_whole != is_marked);
      if (format == LogFormat::kJson) {
        REQUIRE(line.substr(line.size() - 2) == "}\n");
        if (is_marked) REQUIRE(line.find(",\"…\":true}") != std::string::npos);
      }
    }
  }
}

TEST_CASE("log: events above the level go to the descriptor as one line each") {
  const LogToStderrAgain restore;
  const Pipe pipe;
  loka::log_setup(pipe.ends[1], LogFormat::kText, LogLevel::kInfo, "worker 2");
  loka::log_debug("engine", "not seen");
  loka::log_info("engine", "serving", {{"sessions", 3}});
  const std::string line = pipe.drain();
  CHECK(line.find(" info worker 2: engine: serving sessions=3\n") == 24);
  CHECK_FALSE(loka::log_enabled(LogLevel::kDebug));
  CHECK(loka::log_enabled(LogLevel::kError));
}

TEST_CASE("log: setting up again changes format, level and descriptor") {
  const LogToStderrAgain restore;
  const Pipe first;
  const Pipe second;
  loka::log_setup(first.ends[1], LogFormat::kText, LogLevel::kError, "a");
  loka::log_setup(second.ends[1], LogFormat::kJson, LogLevel::kDebug, "b");
  loka::log_debug("s", "seen");
  CHECK(first.drain().empty());
  CHECK(second.drain().find("\"level\":\"debug\",\"process\":\"b\"") != std::string::npos);
}

TEST_CASE("log: lines that nobody reads or that cannot be written are counted, not waited for") {
  const LogToStderrAgain restore;
  std::signal(SIGPIPE, SIG_IGN);
  const Pipe full;
  loka::log_setup(full.ends[1], LogFormat::kText, LogLevel::kInfo, "test");
  const uint64_t before = loka::log_lines_dropped();
  const std::string long_value(2000, 'v');
  for (int i = 0; i < 100; ++i) loka::log_info("s", "fills the pipe", {{"v", long_value}});
  const uint64_t dropped = loka::log_lines_dropped() - before;
  CHECK(dropped > 0);
  CHECK(dropped < 100);

  const std::string got = full.drain();
  size_t lines = 0;
  for (const char c : got) lines += c == '\n' ? 1 : 0;
  CHECK(lines + dropped == 100);

  loka::log_setup(-1, LogFormat::kText, LogLevel::kInfo, "test");
  loka::log_info("s", "nowhere");
  CHECK(loka::log_lines_dropped() - before == dropped + 1);
}
