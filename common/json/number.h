// A number of the wire, as the digits that stood there. Peers write 8, 8.0 and "8" for the same.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace loka::json {

// Decimal text with optional fraction and exponent, all of it; nullopt if it is no number or not
// finite. Independent of the locale.
[[nodiscard]] std::optional<double> to_double(std::string_view digits);

// An integer, also one written as 8.0 or 1e3 as long as a double holds it exactly; nullopt if it
// has a fraction or is out of range.
[[nodiscard]] std::optional<int64_t> to_int64(std::string_view digits);
[[nodiscard]] std::optional<uint64_t> to_uint64(std::string_view digits);

}  // namespace loka::json
