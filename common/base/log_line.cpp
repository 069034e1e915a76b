#include "common/base/log_line.h"

#include <cmath>
#include <cstring>
#include <ctime>

#include <fmt/format.h>

#include "common/base/check.h"
#include "common/base/json_escape.h"

namespace loka {
namespace {

constexpr std::string_view kEllipsis = "…";
constexpr std::string_view kJsonCut = ",\"…\":true";

// What must still fit behind a cut: the marks, a closing quote and brace, the newline.
constexpr size_t kReserve = 24;

// Appends to a fixed buffer. Once something did not fit, nothing more is taken: a line has one
// place where it was cut.
class LineBuffer {
 public:
  explicit LineBuffer(std::span<char> out) : out_(out) { CHECK(out.size() >= kLogLineSmallest); }

  [[nodiscard]] bool is_cut() const { return cut_; }
  [[nodiscard]] size_t size() const { return size_; }

  void add(std::string_view piece) {
    if (cut_ || size_ + piece.size() + kReserve > out_.size()) {
      cut_ = true;
      return;
    }
    add_closing(piece);
  }

  // Marks and closers, for which room is kept.
  void add_closing(std::string_view piece) {
    CHECK(size_ + piece.size() <= out_.size());
    std::memcpy(out_.data() + size_, piece.data(), piece.size());
    size_ += piece.size();
  }

  void add_escaped(std::string_view text) {
    size_t at = 0;
    while (at < text.size() && !cut_) {
      char piece[kEscapedBytesMax];
      const size_t length = json_escape_character(text, at, piece);
      add({piece, length});
    }
  }

  // A whole piece or nothing of it.
  void rewind(size_t size) { size_ = size; }

  // Once, where the text ends that was cut.
  void mark_cut() {
    if (cut_ && !marked_) add_closing(kEllipsis);
    marked_ = marked_ || cut_;
  }

 private:
  std::span<char> out_;
  size_t size_ = 0;
  bool cut_ = false;
  bool marked_ = false;
};

void add_time(LineBuffer& line, int64_t unix_ms) {
  const auto ms = static_cast<int>(((unix_ms % 1000) + 1000) % 1000);
  const std::time_t seconds = (unix_ms - ms) / 1000;
  std::tm utc{};
  CHECK(::gmtime_r(&seconds, &utc) != nullptr);
  char text[64];
  const size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  line.add({text, length});
  const auto end = fmt::format_to_n(text, sizeof text, ".{:03}Z", ms);
  line.add({text, end.size});
}

// A scalar as text; empty for strings, which need escaping. buffer: room for any number.
std::string_view scalar_text(const LogValue& value, std::span<char, 40> buffer) {
  if (const bool* flag = std::get_if<bool>(&value.value)) return *flag ? "true" : "false";
  const auto print = [&](auto number) -> std::string_view {
    const auto end = fmt::format_to_n(buffer.data(), buffer.size(), "{}", number);
    return {buffer.data(), end.size};
  };
  if (const auto* number = std::get_if<int64_t>(&value.value)) return print(*number);
  if (const auto* number = std::get_if<uint64_t>(&value.value)) return print(*number);
  if (const auto* number = std::get_if<double>(&value.value)) return print(*number);
  return {};
}

// Text that needs no quotes: one word that cannot be taken for several or for something else.
bool is_plain_word(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text)
    if (c <= ' ' || c > '~' || c == '"' || c == '\\' || c == '=') return false;
  return true;
}

void add_text_value(LineBuffer& line, const LogValue& value) {
  if (line.is_cut()) return;
  line.add(" ");
  line.add_escaped(value.key);
  line.add("=");
  const auto* text = std::get_if<std::string_view>(&value.value);
  char buffer[40];
  if (text == nullptr) {
    line.add(scalar_text(value, buffer));
  } else if (is_plain_word(*text)) {
    line.add(*text);
  } else {
    const size_t before = line.size();
    line.add("\"");
    if (line.is_cut()) return line.rewind(before);
    line.add_escaped(*text);
    line.mark_cut();
    line.add_closing("\"");
  }
}

// A key whose value does not fit at all is left out with it; a string value may be cut.
void add_json_value(LineBuffer& line, const LogValue& value) {
  if (line.is_cut()) return;
  const size_t before = line.size();
  line.add(",\"");
  line.add_escaped(value.key);
  line.add("\":");
  if (const auto* text = std::get_if<std::string_view>(&value.value)) {
    line.add("\"");
    if (line.is_cut()) return line.rewind(before);
    line.add_escaped(*text);
    line.mark_cut();
    return line.add_closing("\"");
  }
  const auto* number = std::get_if<double>(&value.value);
  char buffer[40];
  // JSON knows no infinity and no NaN.
  line.add(number != nullptr && !std::isfinite(*number) ? "null" : scalar_text(value, buffer));
  if (line.is_cut()) line.rewind(before);
}

void format_text(const LogEvent& event, LineBuffer& line) {
  add_time(line, event.unix_ms);
  line.add(" ");
  line.add(log_level_name(event.level));
  line.add(" ");
  line.add_escaped(event.process);
  line.add(": ");
  if (!event.subject.empty()) {
    line.add_escaped(event.subject);
    line.add(": ");
  }
  line.add_escaped(event.sentence);
  for (const LogValue& value : event.values) add_text_value(line, value);
  line.mark_cut();
}

void format_json(const LogEvent& event, LineBuffer& line) {
  line.add("{\"ts\":\"");
  add_time(line, event.unix_ms);
  line.add("\"");
  const std::initializer_list<LogValue> head = {{"level", log_level_name(event.level)},
                                                {"process", event.process},
                                                {"subject", event.subject},
                                                {"event", event.sentence}};
  for (const LogValue& value : head) add_json_value(line, value);
  for (const LogValue& value : event.values) add_json_value(line, value);
  if (line.is_cut()) line.add_closing(kJsonCut);
  line.add_closing("}");
}

}  // namespace

std::string_view log_level_name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

size_t format_log_line(const LogEvent& event, LogFormat format, std::span<char> out) {
  LineBuffer line(out);
  if (format == LogFormat::kJson)
    format_json(event, line);
  else
    format_text(event, line);
  line.add_closing("\n");
  return line.size();
}

}  // namespace loka
