#include "common/config/units.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "common/base/check.h"

namespace loka::config {

namespace {

struct Unit {
  std::string_view name;
  uint64_t factor;
};

// Largest first, which is the order of printing and the only order of reading 1h30m.
constexpr std::array<Unit, 7> kDurationUnits{{{"d", 86'400'000'000'000},
                                              {"h", 3'600'000'000'000},
                                              {"m", 60'000'000'000},
                                              {"s", 1'000'000'000},
                                              {"ms", 1'000'000},
                                              {"us", 1'000},
                                              {"ns", 1}}};

constexpr uint64_t kKi = 1024;
constexpr std::array<Unit, 9> kSizeUnits{{{"TiB", kKi* kKi* kKi* kKi},
                                          {"TB", 1'000'000'000'000},
                                          {"GiB", kKi* kKi* kKi},
                                          {"GB", 1'000'000'000},
                                          {"MiB", kKi* kKi},
                                          {"MB", 1'000'000},
                                          {"KiB", kKi},
                                          {"kB", 1'000},
                                          {"B", 1}}};

constexpr std::array<Unit, 4> kRateUnits{{{"d", 86'400'000'000'000},
                                          {"h", 3'600'000'000'000},
                                          {"min", 60'000'000'000},
                                          {"s", 1'000'000'000}}};

struct HashrateUnit {
  std::string_view name;
  double factor;
};
constexpr std::array<HashrateUnit, 8> kHashrateUnits{{{"ZH/s", 1e21},
                                                      {"EH/s", 1e18},
                                                      {"PH/s", 1e15},
                                                      {"TH/s", 1e12},
                                                      {"GH/s", 1e9},
                                                      {"MH/s", 1e6},
                                                      {"kH/s", 1e3},
                                                      {"H/s", 1}}};

// Takes the digits at the front; nullopt if there are none or the number does not fit.
std::optional<uint64_t> take_number(std::string_view& text) {
  uint64_t number = 0;
  const auto [stopped, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(stopped - text.data()));
  return number;
}

std::optional<uint64_t> multiply(uint64_t a, uint64_t b, uint64_t max) {
  if (b != 0 && a > max / b) return std::nullopt;
  return a * b;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  if (text == "0") return Duration();
  if (text.empty()) return std::nullopt;
  constexpr auto kMax = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  uint64_t total = 0;
  size_t next_unit = 0;
  while (!text.empty()) {
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    const std::string_view name = text.substr(0, text.find_first_of("0123456789"));
    while (next_unit < kDurationUnits.size() && kDurationUnits[next_unit].name != name) ++next_unit;
    if (next_unit == kDurationUnits.size()) return std::nullopt;
    const auto part = multiply(*number, kDurationUnits[next_unit].factor, kMax - total);
    if (!part) return std::nullopt;
    total += *part;
    ++next_unit;
    text.remove_prefix(name.size());
  }
  return Duration::nanoseconds(static_cast<int64_t>(total));
}

std::string print_duration(Duration duration) {
  CHECK(duration >= Duration());
  if (duration == Duration()) return "0s";
  auto rest = static_cast<uint64_t>(duration.ns());
  std::string out;
  for (const Unit& unit : kDurationUnits) {
    if (rest < unit.factor) continue;
    out += std::to_string(rest / unit.factor);
    out += unit.name;
    rest %= unit.factor;
  }
  return out;
}

std::optional<uint64_t> parse_size(std::string_view text) {
  const auto number = take_number(text);
  if (!number) return std::nullopt;
  if (text.empty()) return number;
  for (const Unit& unit : kSizeUnits) {
    if (unit.name == text) {
      return multiply(*number, unit.factor, std::numeric_limits<uint64_t>::max());
    }
  }
  return std::nullopt;
}

std::string print_size(uint64_t bytes) {
  for (const Unit& unit : kSizeUnits) {
    if (bytes != 0 && bytes % unit.factor == 0) {
      return std::to_string(bytes / unit.factor).append(unit.name);
    }
  }
  return "0B";
}

std::optional<Rate> parse_rate(std::string_view text) {
  const auto count = take_number(text);
  if (!count || !text.starts_with('/')) return std::nullopt;
  text.remove_prefix(1);
  for (const Unit& unit : kRateUnits) {
    if (unit.name == text) {
      return Rate{*count, Duration::nanoseconds(static_cast<int64_t>(unit.factor))};
    }
  }
  return std::nullopt;
}

std::string print_rate(Rate rate) {
  for (const Unit& unit : kRateUnits) {
    if (static_cast<int64_t>(unit.factor) == rate.per.ns()) {
      return (std::to_string(rate.count) + '/').append(unit.name);
    }
  }
  CHECK(false && "a rate is per second, minute, hour or day");
}

std::optional<double> parse_hashrate(std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  // No exponent and no "inf": std::chars_format::fixed refuses the first, isfinite the second.
  const auto [stopped, failed] =
      std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (failed != std::errc{} || !std::isfinite(number) || std::signbit(number)) return std::nullopt;
  const std::string_view name(stopped, static_cast<size_t>(end - stopped));
  for (const HashrateUnit& unit : kHashrateUnits) {
    if (unit.name == name) {
      const double hs = number * unit.factor;
      return std::isfinite(hs) ? std::optional(hs) : std::nullopt;
    }
  }
  return std::nullopt;
}

std::string print_hashrate(double hs) {
  CHECK(std::isfinite(hs) && hs >= 0);
  for (const HashrateUnit& unit : kHashrateUnits) {
    if (hs < unit.factor && unit.factor > 1) continue;
    // Shortest digits that read back; dividing may lose the last bit, and then smaller units serve.
    std::array<char, 512> digits{};
    const auto [end, failed] = std::to_chars(digits.data(), digits.data() + digits.size(),
                                             hs / unit.factor, std::chars_format::fixed);
    CHECK(failed == std::errc{});
    const std::string text =
        std::string(digits.data(), static_cast<size_t>(end - digits.data())).append(unit.name);
    if (unit.factor <= 1 || parse_hashrate(text) == hs) return text;
  }
  CHECK(false && "H/s prints every number");
}

}  // namespace loka::config
