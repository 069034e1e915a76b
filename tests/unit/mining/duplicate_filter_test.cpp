#include "common/mining/duplicate_filter.h"

#include <doctest/doctest.h>

using loka::bitcoin::Hash;
using loka::mining::DuplicateFilter;

namespace {

// Different for each number, and bad on purpose: all fall on few places of a table.
Hash clustered(uint8_t number) {
  Hash hash{};
  hash[8] = number;
  hash[1] = 1;
  return hash;
}

Hash numbered(uint32_t number) {
  const uint8_t bytes[4] = {static_cast<uint8_t>(number), static_cast<uint8_t>(number >> 8),
                            static_cast<uint8_t>(number >> 16), static_cast<uint8_t>(number >> 24)};
  return loka::bitcoin::sha256d(bytes);
}

}  // namespace

TEST_CASE("duplicate_filter: the second time of the same hash is a duplicate") {
  DuplicateFilter filter(100);
  CHECK_FALSE(filter.contains(numbered(1)));
  CHECK(filter.insert(numbered(1)));
  CHECK_FALSE(filter.insert(numbered(1)));
  CHECK(filter.contains(numbered(1)));
  CHECK(filter.insert(numbered(2)));
}

TEST_CASE("duplicate_filter: hashes that fall on the same place are told apart") {
  DuplicateFilter filter(64);
  for (uint8_t i = 1; i <= 60; ++i) CHECK(filter.insert(clustered(i)));
  for (uint8_t i = 1; i <= 60; ++i) CHECK_FALSE(filter.insert(clustered(i)));
  CHECK_FALSE(filter.contains(clustered(61)));
}

TEST_CASE("duplicate_filter: a hash whose key is all zero is remembered too") {
  DuplicateFilter filter(4);
  CHECK(filter.insert(Hash{}));
  CHECK_FALSE(filter.insert(Hash{}));
}

TEST_CASE("duplicate_filter: at least the newest are known, and the oldest are forgotten") {
  constexpr uint32_t kRemembered = 1000;
  DuplicateFilter filter(kRemembered);
  for (uint32_t i = 0; i < 5500; ++i) {
    REQUIRE(filter.insert(numbered(i)));
    if (i >= kRemembered) REQUIRE(filter.contains(numbered(i - kRemembered + 1)));
  }
  CHECK_FALSE(filter.contains(numbered(0)));
  CHECK_FALSE(filter.contains(numbered(5500 - 2 * kRemembered - 1)));
}

TEST_CASE("duplicate_filter: clear forgets everything") {
  DuplicateFilter filter(2);
  for (uint32_t i = 0; i < 3; ++i) REQUIRE(filter.insert(numbered(i)));
  filter.clear();
  for (uint32_t i = 0; i < 3; ++i) CHECK_FALSE(filter.contains(numbered(i)));
  CHECK(filter.insert(numbered(2)));
}
