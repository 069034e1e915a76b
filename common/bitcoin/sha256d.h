// SHA256(SHA256(x)), the hash of everything in Bitcoin, and the type of its result. The only door
// to OpenSSL's digests.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>

namespace loka::bitcoin {

// 32 bytes in the order in which SHA256d yields them and headers hold them ("internal"); explorers
// show them reversed. A Hash is bytes; as a number it becomes a Uint256.
using Hash = std::array<uint8_t, 32>;

[[nodiscard]] Hash sha256d(std::span<const uint8_t> bytes);

// Of the parts one after the other, without putting them together first: a coinbase comes in four.
[[nodiscard]] Hash sha256d(std::initializer_list<std::span<const uint8_t>> parts);

}  // namespace loka::bitcoin
