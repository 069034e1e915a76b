// Hex digits to bytes and back, as Stratum writes them: two digits a byte, no prefix.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace loka {

// Value of one hex digit of either case, or -1.
[[nodiscard]] int hex_digit(char c);

// Decodes exactly 2 × out.size() digits of either case into out; false, with out unspecified, on
// another length or another character.
[[nodiscard]] bool hex_decode(std::string_view digits, std::span<uint8_t> out);

// Writes 2 × bytes.size() lower-case digits to out, which must hold them; returns their number.
size_t hex_encode(std::span<const uint8_t> bytes, char* out);
[[nodiscard]] std::string hex_encode(std::span<const uint8_t> bytes);

// A number of 1 to 8 digits, most significant first; nullopt on anything else.
[[nodiscard]] std::optional<uint32_t> hex_u32(std::string_view digits);

// Exactly eight lower-case digits, most significant first.
void hex_u32(uint32_t value, char out[8]);

}  // namespace loka
