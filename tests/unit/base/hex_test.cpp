#include "common/base/hex.h"

#include <array>
#include <vector>

#include <doctest/doctest.h>

using loka::hex_decode;
using loka::hex_digit;
using loka::hex_encode;
using loka::hex_u32;

TEST_CASE("hex: every digit of either case has its value and no other character has one") {
  int digits = 0;
  for (int c = 0; c < 256; ++c)
    if (hex_digit(static_cast<char>(c)) >= 0) ++digits;
  CHECK(digits == 22);
  CHECK(hex_digit('0') == 0);
  CHECK(hex_digit('9') == 9);
  CHECK(hex_digit('a') == 10);
  CHECK(hex_digit('F') == 15);
  CHECK(hex_digit('g') == -1);
  CHECK(hex_digit('\0') == -1);
  CHECK(hex_digit(static_cast<char>(0xe6)) == -1);
}

TEST_CASE("hex: bytes go there and back in either case") {
  std::array<uint8_t, 4> bytes{};
  REQUIRE(hex_decode("00Ff7fA0", bytes));
  CHECK(bytes == std::array<uint8_t, 4>{0x00, 0xff, 0x7f, 0xa0});
  CHECK(hex_encode(bytes) == "00ff7fa0");
}

TEST_CASE("hex: another length or one bad digit anywhere is refused") {
  std::array<uint8_t, 2> bytes{};
  CHECK_FALSE(hex_decode("", bytes));
  CHECK_FALSE(hex_decode("000", bytes));
  CHECK_FALSE(hex_decode("00000", bytes));
  for (size_t at = 0; at < 4; ++at) {
    std::string digits = "0123";
    digits[at] = 'x';
    CHECK_FALSE(hex_decode(digits, bytes));
    digits[at] = static_cast<char>(0xff);
    CHECK_FALSE(hex_decode(digits, bytes));
  }
  CHECK(hex_decode("", std::span<uint8_t>{}));
}

TEST_CASE("hex: numbers take one to eight digits and give eight") {
  CHECK(hex_u32("1fffe000") == 0x1fffe000U);
  CHECK(hex_u32("FFFFFFFF") == 0xffffffffU);
  CHECK(hex_u32("2") == 2U);
  CHECK_FALSE(hex_u32("").has_value());
  CHECK_FALSE(hex_u32("000000000").has_value());
  CHECK_FALSE(hex_u32("0x20").has_value());
  CHECK_FALSE(hex_u32(" 1").has_value());
  char digits[8];
  hex_u32(0x0a1b2c3dU, digits);
  CHECK(std::string_view(digits, 8) == "0a1b2c3d");
}
