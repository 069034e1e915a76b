// Quantities as people write them: durations `10m`, sizes `8KiB`, rates `20/s`, hashrates
// `110TH/s`. Each parser has a printer whose text it reads back to the same value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/time.h"

namespace loka::config {

// A whole number and a unit, ns us ms s m h d, without a blank; several may follow each other,
// largest first (1h30m). "0" needs no unit. Not negative; nullopt above 292 years and on anything
// else.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text);
// The shortest exact text: 10m, 2d, 1m30s, 500ms, 0s.
[[nodiscard]] std::string print_duration(Duration duration);

// Bytes: B (or nothing), KiB, MiB, GiB, TiB by 1024, kB, MB, GB, TB by 1000.
[[nodiscard]] std::optional<uint64_t> parse_size(std::string_view text);
// 8KiB, 100kB or 1500B: the largest unit that divides it.
[[nodiscard]] std::string print_size(uint64_t bytes);

// So many things per second, minute, hour or day; kept as it was written, because 300/min allows
// another burst than 5/s.
struct Rate {
  uint64_t count = 0;
  Duration per = Duration::seconds(1);
  bool operator==(const Rate&) const = default;
};
// count/s, count/min, count/h, count/d; `m` is refused, because it is read as month too.
[[nodiscard]] std::optional<Rate> parse_rate(std::string_view text);
// CHECKs that `per` is one of the four.
[[nodiscard]] std::string print_rate(Rate rate);

// Hashes per second: a number, a fraction allowed, and H/s, kH/s, MH/s, GH/s, TH/s, PH/s, EH/s or
// ZH/s.
[[nodiscard]] std::optional<double> parse_hashrate(std::string_view text);
// 110TH/s: the largest unit that leaves at least 1, as many digits as parse_hashrate needs.
[[nodiscard]] std::string print_hashrate(double hs);

}  // namespace loka::config
