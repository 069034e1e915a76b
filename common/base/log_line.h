// How an event becomes one line of the log, as text or JSON. Pure: the time comes from the caller,
// the bytes go to the caller's buffer. Whatever a peer put into a value, the line stays one line of
// valid UTF-8 without control characters, and in JSON one object.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "common/base/log.h"

namespace loka {

struct LogEvent {
  int64_t unix_ms = 0;  // wall clock, UTC
  LogLevel level = LogLevel::kInfo;
  std::string_view process;
  std::string_view subject;
  std::string_view sentence;
  std::initializer_list<LogValue> values;
};

// text  2026-11-21T02:00:00.123Z info supervisor: subject: sentence key=value key="quoted value"
// JSON  {"ts":"…","level":"info","process":"…","subject":"…","event":"sentence","key":value}
// out: at least kLogLineSmallest bytes; the line with its newline never exceeds it. What does not
// fit is cut between characters and marked: "…" in text, "…" and then "…":true in JSON.
// Returns the length.
size_t format_log_line(const LogEvent& event, LogFormat format, std::span<char> out);

inline constexpr size_t kLogLineSmallest = 128;

[[nodiscard]] std::string_view log_level_name(LogLevel level);

}  // namespace loka
