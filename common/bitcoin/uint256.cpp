#include "common/bitcoin/uint256.h"

#include <bit>
#include <cmath>

#include "common/base/hex.h"

namespace loka::bitcoin {

Uint256 Uint256::from_little_endian(std::span<const uint8_t, 32> bytes) {
  Uint256 value;
  for (size_t i = 0; i < bytes.size(); ++i)
    value.limbs[i / 8] |= uint64_t{bytes[i]} << (8 * (i % 8));
  return value;
}

std::optional<Uint256> Uint256::parse(std::string_view digits) {
  std::array<uint8_t, 32> bytes;
  if (!hex_decode(digits, bytes)) return std::nullopt;
  Uint256 value;
  for (size_t i = 0; i < bytes.size(); ++i)
    value.limbs[3 - i / 8] |= uint64_t{bytes[i]} << (56 - 8 * (i % 8));
  return value;
}

std::string Uint256::text() const {
  std::array<uint8_t, 32> bytes;
  for (size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<uint8_t>(limbs[3 - i / 8] >> (56 - 8 * (i % 8)));
  return hex_encode(bytes);
}

double Uint256::to_double() const {
  double sum = 0;
  for (size_t i = limbs.size(); i-- > 0;) sum = std::ldexp(sum, 64) + static_cast<double>(limbs[i]);
  return sum;
}

int Uint256::bit_length() const {
  for (size_t i = limbs.size(); i-- > 0;)
    if (limbs[i] != 0) return static_cast<int>(64 * i) + static_cast<int>(std::bit_width(limbs[i]));
  return 0;
}

Uint256 Uint256::operator<<(unsigned bits) const {
  Uint256 result;
  const size_t words = bits / 64;
  const unsigned rest = bits % 64;
  for (size_t i = words; i < limbs.size(); ++i) {
    result.limbs[i] = limbs[i - words] << rest;
    if (rest != 0 && i > words) result.limbs[i] |= limbs[i - words - 1] >> (64 - rest);
  }
  return result;
}

Uint256 Uint256::operator>>(unsigned bits) const {
  Uint256 result;
  const size_t words = bits / 64;
  const unsigned rest = bits % 64;
  for (size_t i = 0; i + words < limbs.size(); ++i) {
    result.limbs[i] = limbs[i + words] >> rest;
    if (rest != 0 && i + words + 1 < limbs.size())
      result.limbs[i] |= limbs[i + words + 1] << (64 - rest);
  }
  return result;
}

std::strong_ordering Uint256::operator<=>(const Uint256& other) const {
  for (size_t i = limbs.size(); i-- > 0;)
    if (limbs[i] != other.limbs[i]) return limbs[i] <=> other.limbs[i];
  return std::strong_ordering::equal;
}

}  // namespace loka::bitcoin
