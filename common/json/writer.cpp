#include "common/json/writer.h"

#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "common/base/json_escape.h"

namespace loka::json {

Writer& Writer::append(std::string_view bytes) {
  if (text_ != nullptr) {
    text_->append(bytes);
    return *this;
  }
  if (!fits_ || bytes.size() > buffer_.size() - used_) {
    fits_ = false;
    return *this;
  }
  if (!bytes.empty()) std::memcpy(buffer_.data() + used_, bytes.data(), bytes.size());
  used_ += bytes.size();
  return *this;
}

std::string_view Writer::view() const {
  if (text_ != nullptr) return std::string_view(*text_).substr(start_);
  return {buffer_.data(), used_};
}

void Writer::separate() {
  if (needs_comma_) append(",");
  needs_comma_ = true;
}

void Writer::quote(std::string_view text) {
  append("\"");
  size_t at = 0;
  while (at < text.size()) {
    const size_t run = json_plain_run(text, at);
    append(text.substr(at, run));
    at += run;
    if (at == text.size()) break;
    char piece[kEscapedBytesMax];
    const size_t length = json_escape_character(text, at, piece);
    append({piece, length});
  }
  append("\"");
}

Writer& Writer::open(char bracket) {
  separate();
  needs_comma_ = false;
  return append({&bracket, 1});
}

Writer& Writer::close(char bracket) {
  needs_comma_ = true;
  return append({&bracket, 1});
}

Writer& Writer::key(std::string_view name) {
  separate();
  needs_comma_ = false;
  quote(name);
  return append(":");
}

Writer& Writer::string(std::string_view text) {
  separate();
  quote(text);
  return *this;
}

Writer& Writer::raw(std::string_view json) {
  separate();
  return append(json);
}

Writer& Writer::number(double value) {
  if (!std::isfinite(value)) return null();
  char digits[40];
  const auto end = fmt::format_to_n(digits, sizeof digits, "{}", value);
  return raw({digits, end.size});
}

Writer& Writer::signed_number(int64_t value) {
  const fmt::format_int digits(value);
  return raw({digits.data(), digits.size()});
}

Writer& Writer::unsigned_number(uint64_t value) {
  const fmt::format_int digits(value);
  return raw({digits.data(), digits.size()});
}

}  // namespace loka::json
