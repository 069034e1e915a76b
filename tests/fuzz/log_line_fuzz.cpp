// Whatever a peer puts into a value, the log stays one line, and JSON stays JSON.
#include <array>

#include "common/base/log_line.h"
#include "tests/fuzz/fuzz.h"

using namespace loka;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  std::array<char, kLogLineBytesMax> room;
  const size_t limit = kLogLineSmallest + 2 * size_t{input.byte()};
  const auto format = input.byte() % 2 == 0 ? LogFormat::kText : LogFormat::kJson;
  const std::string_view subject = input.text();
  const std::string_view login = input.text();
  const std::string_view reason = input.rest();
  const LogEvent event{
      1'795'226'400'123, LogLevel::kWarning,
      "worker 2",        subject,
      "sentence",        {{"login", login}, {"n", reason.size()}, {"reason", reason}}};
  const size_t length = format_log_line(event, format, std::span(room).first(limit));
  const std::string_view line(room.data(), length);
  CHECK(length <= limit);
  if (format == LogFormat::kJson) {
    fuzz::check_line(line);
    return 0;
  }
  CHECK(line.find('\n') == line.size() - 1);
  CHECK(is_valid_utf8(line));
  for (const char c : line.substr(0, line.size() - 1)) CHECK(static_cast<uint8_t>(c) >= 0x20);
  return 0;
}
