// Quantities as people like to read them, short and rounded; `--json` has the exact figures.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace loka::lokactl {

// Three digits that count: "1.23 TH/s", "110 TH/s", "0 H/s".
[[nodiscard]] std::string hashrate(double hs);

// "512", "65.5k", "1.05M"; small fractions as they are: "0.125".
[[nodiscard]] std::string difficulty(double value);

// "12,345,678"
[[nodiscard]] std::string count(uint64_t value);

// The two largest units: "3d4h", "4h12m", "5m3s", "42s". Not negative.
[[nodiscard]] std::string duration(double seconds);
// The same, and "never" if there is none.
[[nodiscard]] std::string age(std::optional<double> seconds);

// "0.42 ms", "12.3 ms", "1.20 s"; "-" for zero, which means that nothing was measured.
[[nodiscard]] std::string latency(double ms);

// Text that may come from a miner or a pool, safe for a terminal: control characters, C1 too, and
// marks that turn the direction of writing become '?', as do bytes that are no UTF-8.
[[nodiscard]] std::string printable(std::string_view text);

// The same, but newlines stay: for texts of several lines.
[[nodiscard]] std::string printable_lines(std::string_view text);

// Cut to this many characters, marked with "…".
[[nodiscard]] std::string shortened(std::string_view printable_text, size_t characters_max);

// Columns it takes on a terminal, one for each character. Wide ones are counted as one too.
[[nodiscard]] size_t width(std::string_view printable_text);

}  // namespace loka::lokactl
