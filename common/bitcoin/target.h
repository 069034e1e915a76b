// Difficulty and target. A share counts when its hash, read as a number, is not above the target;
// that comparison is of integers, because a difficulty is a double and two of them can be equal
// where the targets differ.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/bitcoin/uint256.h"

namespace loka::bitcoin {

// The target of difficulty 1, 0xffff · 2^208, as all Stratum software has it ("bdiff").
inline constexpr Uint256 kDifficultyOneTarget{{0, 0, 0, 0xffff0000ULL}};

// Difficulties outside are clamped: below, every hash is a share; above, none ever is.
inline constexpr double kDifficultyMin = 0x1p-32;
inline constexpr double kDifficultyMax = 0x1p200;

// floor(kDifficultyOneTarget / difficulty), of the exact value of the double. NaN and what is not
// above zero count as kDifficultyMin; whoever reads a peer's number refuses those before.
[[nodiscard]] Uint256 target_of_difficulty(double difficulty);

// The same for whole numbers, exact above 2^53 too, where a double is not. 0 counts as 1.
[[nodiscard]] Uint256 target_of_difficulty(uint64_t difficulty);

// A difficulty as it stands in a JSON number: whole ones stay exact. nullopt if it is not a finite
// number above zero.
[[nodiscard]] std::optional<Uint256> target_of_difficulty_text(std::string_view number);

// A network's target from the compact form in a header. A set sign bit makes zero, which no hash
// meets; nullopt when the number would not fit 256 bits.
[[nodiscard]] std::optional<Uint256> target_of_nbits(uint32_t nbits);

// kDifficultyOneTarget / number, for people: of a target its difficulty, of a hash what it was
// worth. Infinite for zero.
[[nodiscard]] double difficulty_of(const Uint256& number);

}  // namespace loka::bitcoin
