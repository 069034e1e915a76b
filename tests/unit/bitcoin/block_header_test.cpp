#include "common/bitcoin/block_header.h"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "common/base/hex.h"
#include "common/bitcoin/merkle.h"
#include "common/bitcoin/target.h"
#include "tests/unit/bitcoin/vectors.h"

using namespace loka::bitcoin;
using loka::hex_encode;
using loka::hex_u32;
using loka::test::text_of;

namespace {

Hash hash_of(std::string_view digits) {
  Hash hash;
  REQUIRE(loka::hex_decode(digits, hash));
  return hash;
}

uint32_t number(std::string_view digits) { return hex_u32(digits).value(); }

}  // namespace

TEST_CASE("block_header: prevhash orders of the table, both ways") {
  for (const auto& row : loka::test::vectors()["prevhash_orders"].GetArray()) {
    const auto hash = parse_prevhash(text_of(row, "stratum"));
    REQUIRE(hash.has_value());
    CHECK(hex_encode(*hash) == text_of(row, "internal"));
    CHECK(display(*hash) == text_of(row, "display"));
    CHECK(format_prevhash(*hash) == text_of(row, "stratum"));
  }
}

TEST_CASE("block_header: a prevhash of another length or with another character is refused") {
  const std::string good(64, 'a');
  CHECK(parse_prevhash(good).has_value());
  CHECK_FALSE(parse_prevhash(good.substr(2)).has_value());
  CHECK_FALSE(parse_prevhash(good + "aa").has_value());
  CHECK_FALSE(parse_prevhash("g" + good.substr(1)).has_value());
}

TEST_CASE("block_header: published headers are put together from their parts and hash as known") {
  for (const auto& row : loka::test::vectors()["headers"].GetArray()) {
    const std::string digits(text_of(row, "header_hex"));
    HeaderBytes wanted;
    REQUIRE(loka::hex_decode(digits, wanted));
    // ntime, version and nonce as the header spells them, read here as little-endian.
    const auto little = [&](size_t at) {
      return static_cast<uint32_t>(wanted[at] | wanted[at + 1] << 8 | wanted[at + 2] << 16) |
             static_cast<uint32_t>(wanted[at + 3]) << 24;
    };
    BlockHeader header;
    header.version = little(0);
    header.prevhash = parse_prevhash(text_of(row, "prevhash_stratum")).value();
    header.merkle_root = hash_of(std::string_view(digits).substr(72, 64));
    header.ntime = little(68);
    header.nbits = number(text_of(row, "nbits"));
    header.nonce = little(76);
    CHECK(hex_encode(header.serialize()) == digits);
    CHECK(display(header.hash()) == text_of(row, "hash_display"));

    const auto network = target_of_nbits(header.nbits);
    REQUIRE(network.has_value());
    CHECK(network->text() == text_of(row, "network_target"));
    const Uint256 value = Uint256::from_little_endian(header.hash());
    CHECK((value <= *network) == row["is_block"].GetBool());
    CHECK(difficulty_of(value) ==
          doctest::Approx(std::stod(std::string(text_of(row, "difficulty")))).epsilon(1e-12));
  }
}

TEST_CASE("block_header: the intermediates of all shares") {
  int shares = 0;
  for (const auto& share : loka::test::vectors()["shares"].GetArray()) {
    const auto& derived = share["derived"];
    if (!derived.HasMember("header_hex")) continue;
    ++shares;
    const auto& notify = share["notify"];
    std::vector<Hash> branch;
    for (const auto& item : notify[4].GetArray()) branch.push_back(hash_of(item.GetString()));
    BlockHeader header;
    header.version = number(text_of(derived, "header_version"));
    header.prevhash = parse_prevhash(notify[1].GetString()).value();
    header.merkle_root = merkle_root(hash_of(text_of(derived, "coinbase_txid_internal")), branch);
    header.nbits = number(notify[6].GetString());
    header.ntime = number(share["submit"][3].GetString());
    header.nonce = number(share["submit"][4].GetString());
    CHECK(hex_encode(header.merkle_root) == text_of(derived, "merkle_root_internal"));
    CHECK(hex_encode(header.serialize()) == text_of(derived, "header_hex"));
    CHECK(hex_encode(header.hash()) == text_of(derived, "hash_internal"));
  }
  CHECK(shares == 30);
}

TEST_CASE("block_header: a nonce put in place is the nonce serialised") {
  BlockHeader header;
  HeaderBytes bytes = header.serialize();
  header.nonce = 0x01020304;
  put_nonce(bytes, header.nonce);
  CHECK(bytes == header.serialize());
  CHECK(bytes[76] == 4);
}

TEST_CASE("block_header: version rolling as in the table") {
  int rows = 0;
  for (const auto& row : loka::test::vectors()["version_rolling"].GetArray()) {
    ++rows;
    const auto version = rolled_version(number(text_of(row, "job_version")),
                                        number(text_of(row, "mask")), number(text_of(row, "bits")));
    REQUIRE(version.has_value() == row["allowed"].GetBool());
    if (version) CHECK(*version == number(text_of(row, "header_version")));
  }
  CHECK(rows == 8);
}
