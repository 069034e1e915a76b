#include "common/bitcoin/block_header.h"

#include <algorithm>

#include "common/base/hex.h"

namespace loka::bitcoin {

namespace {

void put_little_endian(uint8_t* out, uint32_t value) {
  for (int i = 0; i < 4; ++i) out[i] = static_cast<uint8_t>(value >> (8 * i));
}

void swap_words(Hash& hash) {
  for (size_t word = 0; word < hash.size(); word += 4)
    std::reverse(hash.data() + word, hash.data() + word + 4);
}

}  // namespace

HeaderBytes BlockHeader::serialize() const {
  HeaderBytes bytes;
  put_little_endian(bytes.data(), version);
  std::copy(prevhash.begin(), prevhash.end(), bytes.begin() + 4);
  std::copy(merkle_root.begin(), merkle_root.end(), bytes.begin() + 36);
  put_little_endian(bytes.data() + 68, ntime);
  put_little_endian(bytes.data() + 72, nbits);
  put_little_endian(bytes.data() + 76, nonce);
  return bytes;
}

void put_nonce(HeaderBytes& header, uint32_t nonce) {
  put_little_endian(header.data() + 76, nonce);
}

std::optional<Hash> parse_prevhash(std::string_view digits) {
  Hash hash;
  if (!hex_decode(digits, hash)) return std::nullopt;
  swap_words(hash);
  return hash;
}

std::string format_prevhash(const Hash& prevhash) {
  Hash swapped = prevhash;
  swap_words(swapped);
  return hex_encode(swapped);
}

std::string display(const Hash& hash) {
  Hash reversed = hash;
  std::reverse(reversed.begin(), reversed.end());
  return hex_encode(reversed);
}

std::optional<uint32_t> rolled_version(uint32_t job_version, uint32_t version_mask,
                                       uint32_t version_bits) {
  if ((version_bits & ~version_mask) != 0) return std::nullopt;
  return (job_version & ~version_mask) | version_bits;
}

}  // namespace loka::bitcoin
