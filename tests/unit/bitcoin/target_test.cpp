#include "common/bitcoin/target.h"

#include <cmath>
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include "common/base/hex.h"
#include "tests/unit/bitcoin/vectors.h"

using loka::bitcoin::difficulty_of;
using loka::bitcoin::kDifficultyOneTarget;
using loka::bitcoin::target_of_difficulty;
using loka::bitcoin::target_of_difficulty_text;
using loka::bitcoin::target_of_nbits;
using loka::bitcoin::Uint256;
using loka::test::text_of;

TEST_CASE("target: difficulties of the table, as double and as whole number") {
  int rows = 0;
  for (const auto& row : loka::test::vectors()["difficulty_to_target"].GetArray()) {
    ++rows;
    const auto& difficulty = row["difficulty"];
    CHECK(target_of_difficulty(difficulty.GetDouble()).text() == text_of(row, "target"));
    if (difficulty.IsUint64())
      CHECK(target_of_difficulty(difficulty.GetUint64()).text() == text_of(row, "target"));
  }
  CHECK(rows == 23);
}

TEST_CASE("target: compact nbits of the table, and their difficulty") {
  int rows = 0;
  for (const auto& row : loka::test::vectors()["nbits_to_target"].GetArray()) {
    ++rows;
    const auto nbits = loka::hex_u32(text_of(row, "nbits"));
    REQUIRE(nbits.has_value());
    const auto target = target_of_nbits(*nbits);
    REQUIRE(target.has_value());
    CHECK(target->text() == text_of(row, "target"));
    if (row["difficulty"].IsNull())
      CHECK(std::isinf(difficulty_of(*target)));
    else
      CHECK(difficulty_of(*target) ==
            doctest::Approx(std::stod(std::string(text_of(row, "difficulty")))).epsilon(1e-12));
  }
  CHECK(rows == 10);
}

TEST_CASE("target: nbits above 256 bits are invalid, the highest that fit are not") {
  CHECK_FALSE(target_of_nbits(0x23000001).has_value());
  CHECK_FALSE(target_of_nbits(0x22000100).has_value());
  CHECK_FALSE(target_of_nbits(0xff123456).has_value());
  CHECK(target_of_nbits(0x220000ff)->text().substr(0, 4) == "ff00");
  CHECK(target_of_nbits(0xff000000) == Uint256{});
}

TEST_CASE("target: every power of two is an exact shift of difficulty one") {
  for (int k = 0; k <= 160; ++k)
    CHECK(target_of_difficulty(std::ldexp(1.0, k)) ==
          (kDifficultyOneTarget >> static_cast<unsigned>(k)));
  for (unsigned k = 1; k <= 32; ++k)
    CHECK(target_of_difficulty(std::ldexp(1.0, -static_cast<int>(k))) ==
          (kDifficultyOneTarget << k));
}

TEST_CASE("target: what is out of range is clamped") {
  const Uint256 easiest = target_of_difficulty(0x1p-32);
  CHECK(easiest.text().substr(0, 8) == "ffff0000");
  CHECK(target_of_difficulty(0x1p-33) == easiest);
  CHECK(target_of_difficulty(0.0) == easiest);
  CHECK(target_of_difficulty(-1.0) == easiest);
  CHECK(target_of_difficulty(std::numeric_limits<double>::quiet_NaN()) == easiest);
  CHECK(target_of_difficulty(std::numeric_limits<double>::denorm_min()) == easiest);
  CHECK(target_of_difficulty(0x1p200) == Uint256::from_u64(0xffff00));
  CHECK(target_of_difficulty(std::numeric_limits<double>::infinity()) ==
        Uint256::from_u64(0xffff00));
}

TEST_CASE("target: whole numbers above 2^53 are not rounded to a double") {
  const uint64_t odd = (uint64_t{1} << 60) + 1;
  CHECK(target_of_difficulty(odd) < target_of_difficulty(odd - 1));
  CHECK(target_of_difficulty_text("1152921504606846977") == target_of_difficulty(odd));
}

TEST_CASE("target: a difficulty is read from its JSON spelling") {
  CHECK(target_of_difficulty_text("1") == kDifficultyOneTarget);
  CHECK(target_of_difficulty_text("65536.0") == target_of_difficulty(uint64_t{65536}));
  CHECK(target_of_difficulty_text("1e-05") == target_of_difficulty(1e-05));
  for (const char* bad : {"", "0", "0.0", "-1", "nan", "inf", "1e999", "1x", " 1", "0x10", "1,5"})
    CHECK_FALSE(target_of_difficulty_text(bad).has_value());
}
