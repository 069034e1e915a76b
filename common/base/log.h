// The log: one event, one line, as text or JSON, escaped whatever a peer sent. The only door to
// spdlog. Subject first, a constant sentence, then values:
//   log_info("session 12", "share rejected", {{"reason", text}, {"difficulty", d}});
// The line is written to a descriptor by one write(); the file behind it is opened by the
// supervisor, workers inherit the number. Nothing per share above debug; secrets never.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <variant>

namespace loka {

// One write() of at most PIPE_BUF bytes is atomic on a pipe, so that the lines of several processes
// never mix, and it is known beforehand whether it would block.
inline constexpr size_t kLogLineBytesMax = 4096;

enum class LogLevel : uint8_t { kDebug, kInfo, kWarning, kError };
enum class LogFormat : uint8_t { kText, kJson };

struct LogValue {
  std::string_view key;
  std::variant<std::string_view, int64_t, uint64_t, double, bool> value;

  LogValue(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogValue(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
  LogValue(std::string_view k, bool v) : key(k), value(v) {}
  LogValue(std::string_view k, double v) : key(k), value(v) {}
  LogValue(std::string_view k, int v) : key(k), value(int64_t{v}) {}
  LogValue(std::string_view k, unsigned v) : key(k), value(uint64_t{v}) {}
  LogValue(std::string_view k, long v) : key(k), value(int64_t{v}) {}
  LogValue(std::string_view k, unsigned long v) : key(k), value(uint64_t{v}) {}
  LogValue(std::string_view k, long long v) : key(k), value(int64_t{v}) {}
  LogValue(std::string_view k, unsigned long long v) : key(k), value(uint64_t{v}) {}
};

// Call once at start and again after a reload; until then the log goes to standard error as text at
// info. `process` names the writer in every line ("supervisor", "worker 2"). The descriptor is not
// owned. A line is at most kLogLineBytesMax bytes; what is longer is cut, marked with "…".
void log_setup(int descriptor, LogFormat format, LogLevel level, std::string_view process);

// Lines that could not be written (disk full, closed pipe) since start; they are dropped, counted,
// and never block the caller for long.
[[nodiscard]] uint64_t log_lines_dropped();

// Whether a line of this level would be written; guards costly arguments.
[[nodiscard]] bool log_enabled(LogLevel level);

void log_event(LogLevel level, std::string_view subject, std::string_view sentence,
               std::initializer_list<LogValue> values);

inline void log_debug(std::string_view subject, std::string_view sentence,
                      std::initializer_list<LogValue> values = {}) {
  if (log_enabled(LogLevel::kDebug)) log_event(LogLevel::kDebug, subject, sentence, values);
}
inline void log_info(std::string_view subject, std::string_view sentence,
                     std::initializer_list<LogValue> values = {}) {
  log_event(LogLevel::kInfo, subject, sentence, values);
}
inline void log_warning(std::string_view subject, std::string_view sentence,
                        std::initializer_list<LogValue> values = {}) {
  log_event(LogLevel::kWarning, subject, sentence, values);
}
inline void log_error(std::string_view subject, std::string_view sentence,
                      std::initializer_list<LogValue> values = {}) {
  log_event(LogLevel::kError, subject, sentence, values);
}

}  // namespace loka
