// FixedString<N>: up to N bytes of text inside a record. Trivially copyable, no pointer, so it can
// stand in shared memory; a reader of foreign memory gets at most N bytes whatever the length says.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace loka {

template <size_t N>
class FixedString {
  static_assert(N > 0 && N <= 0xffff);

 public:
  constexpr FixedString() = default;

  // Keeps the first N bytes; returns whether all of it fitted. Never cuts a UTF-8 sequence in two.
  bool assign(std::string_view text) {
    const bool fits = text.size() <= N;
    if (!fits) {
      size_t end = N;
      while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
      text = text.substr(0, end);
    }
    if (!text.empty()) std::memcpy(bytes_.data(), text.data(), text.size());
    size_ = static_cast<uint16_t>(text.size());
    return fits;
  }

  void clear() { size_ = 0; }
  [[nodiscard]] std::string_view view() const { return {bytes_.data(), size_ <= N ? size_ : N}; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] bool is_sane() const { return size_ <= N; }
  static constexpr size_t capacity() { return N; }

 private:
  uint16_t size_ = 0;
  std::array<char, N> bytes_{};
};

static_assert(std::is_trivially_copyable_v<FixedString<8>>);

}  // namespace loka
