// The 80 bytes that are hashed, and how Stratum's fields get into them: numbers little-endian, the
// previous hash out of its word-swapped spelling, the version merged under the negotiated mask.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/bitcoin/sha256d.h"

namespace loka::bitcoin {

using HeaderBytes = std::array<uint8_t, 80>;

struct BlockHeader {
  uint32_t version = 0;
  Hash prevhash{};
  Hash merkle_root{};
  uint32_t ntime = 0;
  uint32_t nbits = 0;
  uint32_t nonce = 0;

  [[nodiscard]] HeaderBytes serialize() const;
  [[nodiscard]] Hash hash() const { return sha256d(serialize()); }
};

// A miner that tries one nonce after the other changes only these bytes.
void put_nonce(HeaderBytes& header, uint32_t nonce);

// prevhash as in mining.notify: 64 digits, every group of four bytes in reverse order. Reversing
// all 32 bytes, or none, is the commonest mistake there is.
[[nodiscard]] std::optional<Hash> parse_prevhash(std::string_view digits);
[[nodiscard]] std::string format_prevhash(const Hash& prevhash);

// The reverse of the bytes in hex, as explorers show a hash.
[[nodiscard]] std::string display(const Hash& hash);

// BIP 310: the bits replace what the job has under the mask; neither OR nor XOR. nullopt when a bit
// outside of the mask is set.
[[nodiscard]] std::optional<uint32_t> rolled_version(uint32_t job_version, uint32_t version_mask,
                                                     uint32_t version_bits);

}  // namespace loka::bitcoin
