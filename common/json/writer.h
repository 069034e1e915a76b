// Writes JSON text piece by piece, with commas and escaping, into a caller's buffer without
// allocating, or into a std::string where that does not matter. What does not fit is never half
// written out as if it were whole: ask fits() at the end.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace loka::json {

class Writer {
 public:
  // Both outlive the writer. A string is appended to.
  explicit Writer(std::span<char> out) : buffer_(out) {}
  explicit Writer(std::string& out) : text_(&out), start_(out.size()) {}

  Writer& begin_object() { return open('{'); }
  Writer& end_object() { return close('}'); }
  Writer& begin_array() { return open('['); }
  Writer& end_array() { return close(']'); }

  // Inside an object, before each value.
  Writer& key(std::string_view name);

  // text need not be valid UTF-8; what is not becomes U+FFFD.
  Writer& string(std::string_view text);
  Writer& boolean(bool value) { return raw(value ? "true" : "false"); }
  Writer& null() { return raw("null"); }
  // Infinity and NaN become null.
  Writer& number(double value);
  template <std::integral T>
  Writer& number(T value) {
    if constexpr (std::is_signed_v<T>)
      return signed_number(value);
    else
      return unsigned_number(value);
  }
  // Text that is JSON already: one value.
  Writer& raw(std::string_view json);

  // A member in one call.
  Writer& member(std::string_view name, std::string_view text) { return key(name).string(text); }
  Writer& member(std::string_view name, const char* text) { return key(name).string(text); }
  Writer& member(std::string_view name, bool value) { return key(name).boolean(value); }
  template <class T>
    requires std::is_arithmetic_v<T>
  Writer& member(std::string_view name, T value) {
    return key(name).number(value);
  }

  // Bytes as they are, outside of all structure: a newline, a second text.
  Writer& append(std::string_view bytes);

  [[nodiscard]] bool fits() const { return fits_; }
  // What this writer wrote; meaningful only while it fits().
  [[nodiscard]] std::string_view view() const;
  [[nodiscard]] size_t size() const { return view().size(); }

 private:
  Writer& open(char bracket);
  Writer& close(char bracket);
  Writer& signed_number(int64_t value);
  Writer& unsigned_number(uint64_t value);
  void separate();
  void quote(std::string_view text);

  std::span<char> buffer_;
  size_t used_ = 0;  // of buffer_
  std::string* text_ = nullptr;
  size_t start_ = 0;  // in *text_
  bool needs_comma_ = false;
  bool fits_ = true;
};

}  // namespace loka::json
