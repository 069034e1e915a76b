#include "common/bitcoin/sha256d.h"

#include <random>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <openssl/evp.h>

#include "common/base/hex.h"
#include "tests/unit/bitcoin/vectors.h"

using loka::bitcoin::Hash;
using loka::bitcoin::sha256d;

namespace {

// The supported way, as a second opinion on the deprecated one.
Hash evp_sha256d(std::span<const uint8_t> bytes) {
  Hash once, twice;
  REQUIRE(EVP_Digest(bytes.data(), bytes.size(), once.data(), nullptr, EVP_sha256(), nullptr) == 1);
  REQUIRE(EVP_Digest(once.data(), once.size(), twice.data(), nullptr, EVP_sha256(), nullptr) == 1);
  return twice;
}

std::vector<uint8_t> bytes_of(std::string_view digits) {
  std::vector<uint8_t> bytes(digits.size() / 2);
  REQUIRE(loka::hex_decode(digits, bytes));
  return bytes;
}

}  // namespace

TEST_CASE("sha256d: nothing, and a word, as published") {
  CHECK(loka::hex_encode(sha256d(std::span<const uint8_t>())) ==
        "5df6e0e2761359d30a8275058e299fcc0381534545f55cf43e41983f5d4c9456");
  CHECK(loka::hex_encode(sha256d(bytes_of("68656c6c6f"))) ==  // "hello"
        "9595c9df90075148eb06860365df33584b75bff782a510c6cd4883a419833d50");
}

TEST_CASE("sha256d: agrees with EVP on every length around the block borders") {
  std::mt19937 random(7);
  for (size_t size = 0; size <= 300; ++size) {
    std::vector<uint8_t> bytes(size);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    REQUIRE(sha256d(bytes) == evp_sha256d(bytes));
  }
}

TEST_CASE("sha256d: parts hash like the whole") {
  const std::vector<uint8_t> whole = bytes_of("00112233445566778899aabbccddeeff");
  const std::span<const uint8_t> all = whole;
  CHECK(sha256d({all.first(5), all.subspan(5, 0), all.subspan(5)}) == sha256d(all));
  CHECK(sha256d({all.first(5), all.subspan(6)}) != sha256d(all));
}

TEST_CASE("sha256d: the coinbases of all vectors") {
  for (const auto& share : loka::test::vectors()["shares"].GetArray()) {
    const auto& derived = share["derived"];
    if (!derived.HasMember("coinbase_hex")) continue;
    CHECK(loka::hex_encode(sha256d(bytes_of(loka::test::text_of(derived, "coinbase_hex")))) ==
          loka::test::text_of(derived, "coinbase_txid_internal"));
  }
}
