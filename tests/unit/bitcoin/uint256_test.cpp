#include "common/bitcoin/uint256.h"

#include <cmath>

#include <doctest/doctest.h>

using loka::bitcoin::Uint256;

namespace {

constexpr std::string_view kCounting =
    "00112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210";

Uint256 number(std::string_view digits) { return Uint256::parse(digits).value(); }

}  // namespace

TEST_CASE("uint256: 64 digits of either case are read and written in lower case") {
  CHECK(number(kCounting).text() == kCounting);
  CHECK(number("00112233445566778899AABBCCDDEEFF0123456789ABCDEFFEDCBA9876543210").text() ==
        kCounting);
  CHECK(number(kCounting).limbs[0] == 0xfedcba9876543210ULL);
  CHECK(number(kCounting).limbs[3] == 0x0011223344556677ULL);
}

TEST_CASE("uint256: other lengths and other characters are refused") {
  CHECK_FALSE(Uint256::parse("").has_value());
  CHECK_FALSE(Uint256::parse(kCounting.substr(1)).has_value());
  CHECK_FALSE(Uint256::parse(std::string(kCounting) + "0").has_value());
  std::string bad(kCounting);
  bad[10] = 'x';
  CHECK_FALSE(Uint256::parse(bad).has_value());
}

TEST_CASE("uint256: the first byte of a hash is its least significant") {
  std::array<uint8_t, 32> bytes{};
  bytes[0] = 1;
  CHECK(Uint256::from_little_endian(bytes) == Uint256::from_u64(1));
  bytes[0] = 0;
  bytes[31] = 0x80;
  CHECK(Uint256::from_little_endian(bytes) == Uint256::from_u64(1) << 255);
}

TEST_CASE("uint256: order is decided by the highest limb that differs") {
  CHECK(Uint256::from_u64(2) > Uint256::from_u64(1));
  CHECK((Uint256::from_u64(1) << 64) > Uint256::from_u64(~0ULL));
  CHECK((Uint256::from_u64(1) << 255) > ((Uint256::from_u64(1) << 254) << 0));
  CHECK(Uint256::max() >= Uint256::max());
  CHECK_FALSE(Uint256::max() < Uint256::max());
}

TEST_CASE("uint256: shifts cross limbs and lose what leaves") {
  CHECK((number(kCounting) << 4).text() ==
        "0112233445566778899aabbccddeeff0123456789abcdeffedcba98765432100");
  CHECK((number(kCounting) << 64).text() ==
        "8899aabbccddeeff0123456789abcdeffedcba98765432100000000000000000");
  CHECK((number(kCounting) >> 68).text() ==
        "0000000000000000000112233445566778899aabbccddeeff0123456789abcde");
  CHECK((Uint256::max() << 256) == Uint256{});
  CHECK((Uint256::max() >> 255) == Uint256::from_u64(1));
  CHECK((Uint256::max() >> 1000) == Uint256{});
}

TEST_CASE("uint256: bit length and double") {
  CHECK(Uint256{}.bit_length() == 0);
  CHECK(Uint256::from_u64(0xffff).bit_length() == 16);
  CHECK((Uint256::from_u64(1) << 255).bit_length() == 256);
  CHECK((Uint256::from_u64(3) << 200).to_double() == 3 * std::ldexp(1.0, 200));
}
