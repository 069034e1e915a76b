// Uint256: an unsigned number of 256 bits, as targets are and as a hash is when it is compared with
// one. Only what that needs: order, shifts, and the two byte orders of the outer world.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace loka::bitcoin {

struct Uint256 {
  std::array<uint64_t, 4> limbs{};  // least significant first

  [[nodiscard]] static constexpr Uint256 from_u64(uint64_t value) { return {{value, 0, 0, 0}}; }
  [[nodiscard]] static constexpr Uint256 max() { return {{~0ULL, ~0ULL, ~0ULL, ~0ULL}}; }
  // A share's hash read as the number that proof of work is about: byte 0 is the least significant.
  [[nodiscard]] static Uint256 from_little_endian(std::span<const uint8_t, 32> bytes);
  // Exactly 64 digits of either case, most significant first, as in mining.set_target.
  [[nodiscard]] static std::optional<Uint256> parse(std::string_view digits);

  // 64 lower-case digits, most significant first: what parse() reads.
  [[nodiscard]] std::string text() const;
  // As a double; for display, never for a decision.
  [[nodiscard]] double to_double() const;
  // 0 for zero, else the position of the highest set bit plus one.
  [[nodiscard]] int bit_length() const;

  // Bits shifted out are lost; a shift of 256 or more leaves zero.
  [[nodiscard]] Uint256 operator<<(unsigned bits) const;
  [[nodiscard]] Uint256 operator>>(unsigned bits) const;

  bool operator==(const Uint256&) const = default;
  std::strong_ordering operator<=>(const Uint256& other) const;
};

}  // namespace loka::bitcoin
