#include "common/base/hex.h"

#include <array>

#include "common/base/check.h"

namespace loka {
namespace {

// One look-up per digit: every share is decoded through this table.
constexpr std::array<int8_t, 256> make_digit_values() {
  std::array<int8_t, 256> values{};
  for (auto& value : values) value = -1;
  for (size_t i = 0; i < 10; ++i) values['0' + i] = static_cast<int8_t>(i);
  for (size_t i = 0; i < 6; ++i) {
    values['a' + i] = static_cast<int8_t>(10 + i);
    values['A' + i] = static_cast<int8_t>(10 + i);
  }
  return values;
}

constexpr std::array<int8_t, 256> kDigitValues = make_digit_values();
constexpr char kDigits[] = "0123456789abcdef";

int value_of(char c) { return kDigitValues[static_cast<unsigned char>(c)]; }

}  // namespace

int hex_digit(char c) { return value_of(c); }

bool hex_decode(std::string_view digits, std::span<uint8_t> out) {
  if (digits.size() != 2 * out.size()) return false;
  // Bad digits are -1, so one sign bit collects them all and the loop needs no branch.
  int bad = 0;
  const char* digit = digits.data();
  for (uint8_t& byte : out) {
    const int high = value_of(digit[0]);
    const int low = value_of(digit[1]);
    bad |= high | low;
    byte = static_cast<uint8_t>((static_cast<unsigned>(high) << 4U) | static_cast<unsigned>(low));
    digit += 2;
  }
  return bad >= 0;
}

size_t hex_encode(std::span<const uint8_t> bytes, char* out) {
  for (const uint8_t byte : bytes) {
    *out++ = kDigits[byte >> 4U];
    *out++ = kDigits[byte & 0xfU];
  }
  return 2 * bytes.size();
}

std::string hex_encode(std::span<const uint8_t> bytes) {
  std::string text(2 * bytes.size(), '\0');
  const size_t written = hex_encode(bytes, text.data());
  CHECK(written == text.size());
  return text;
}

std::optional<uint32_t> hex_u32(std::string_view digits) {
  if (digits.empty() || digits.size() > 8) return std::nullopt;
  uint32_t number = 0;
  for (const char c : digits) {
    const int value = value_of(c);
    if (value < 0) return std::nullopt;
    number = (number << 4U) | static_cast<uint32_t>(value);
  }
  return number;
}

void hex_u32(uint32_t value, char out[8]) {
  for (size_t i = 0; i < 8; ++i) out[i] = kDigits[(value >> (28 - 4 * i)) & 0xfU];
}

}  // namespace loka
