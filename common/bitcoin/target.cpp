#include "common/bitcoin/target.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace loka::bitcoin {

namespace {

__extension__ using Wide = unsigned __int128;

// 0xffff · 2^208 · 2^32, the largest numerator there is, has 256 bits plus those that a small
// exponent adds: at most 16 + 208 + 84 = 308.
using Numerator = std::array<uint64_t, 5>;

Numerator shifted_ffff(unsigned bits) {
  Numerator numerator{};
  const size_t word = bits / 64;
  const unsigned rest = bits % 64;
  numerator[word] = uint64_t{0xffff} << rest;
  if (rest > 48) numerator[word + 1] = uint64_t{0xffff} >> (64 - rest);
  return numerator;
}

// floor(numerator / divisor), or the largest Uint256 where that does not fit. Long division by one
// digit of 64 bits.
Uint256 divide(const Numerator& numerator, uint64_t divisor) {
  Uint256 quotient;
  uint64_t remainder = 0;
  for (size_t i = numerator.size(); i-- > 0;) {
    const Wide dividend = (Wide{remainder} << 64) | numerator[i];
    const uint64_t digit = static_cast<uint64_t>(dividend / divisor);
    remainder = static_cast<uint64_t>(dividend % divisor);
    if (i < quotient.limbs.size())
      quotient.limbs[i] = digit;
    else if (digit != 0)
      return Uint256::max();
  }
  return quotient;
}

}  // namespace

Uint256 target_of_difficulty(double difficulty) {
  if (!(difficulty > kDifficultyMin)) difficulty = kDifficultyMin;
  if (difficulty > kDifficultyMax) difficulty = kDifficultyMax;
  // difficulty = mantissa · 2^exponent exactly, so the target is 0xffff · 2^(208-exponent) /
  // mantissa; the bounds keep the shift between 60 and 292.
  int exponent = 0;
  const double fraction = std::frexp(difficulty, &exponent);
  const auto mantissa = static_cast<uint64_t>(std::ldexp(fraction, 53));
  return divide(shifted_ffff(static_cast<unsigned>(208 - (exponent - 53))), mantissa);
}

Uint256 target_of_difficulty(uint64_t difficulty) {
  return divide(shifted_ffff(208), difficulty == 0 ? 1 : difficulty);
}

std::optional<Uint256> target_of_difficulty_text(std::string_view number) {
  const char* end = number.data() + number.size();
  uint64_t whole = 0;
  if (const auto [at, error] = std::from_chars(number.data(), end, whole);
      error == std::errc() && at == end) {
    if (whole == 0) return std::nullopt;
    return target_of_difficulty(whole);
  }
  double value = 0;
  const auto [at, error] = std::from_chars(number.data(), end, value);
  if (error != std::errc() || at != end || !std::isfinite(value) || value <= 0) return std::nullopt;
  return target_of_difficulty(value);
}

std::optional<Uint256> target_of_nbits(uint32_t nbits) {
  const unsigned exponent = nbits >> 24;
  const uint32_t mantissa = nbits & 0x7fffffU;
  if ((nbits & 0x800000U) != 0) return Uint256{};
  if (exponent <= 3) return Uint256::from_u64(mantissa >> (8 * (3 - exponent)));
  const Uint256 base = Uint256::from_u64(mantissa);
  const unsigned shift = 8 * (exponent - 3);
  if (mantissa != 0 && static_cast<unsigned>(base.bit_length()) + shift > 256) return std::nullopt;
  return base << shift;
}

double difficulty_of(const Uint256& number) {
  if (number == Uint256{}) return std::numeric_limits<double>::infinity();
  return kDifficultyOneTarget.to_double() / number.to_double();
}

}  // namespace loka::bitcoin
