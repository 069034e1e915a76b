#include "tools/lokactl/human.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "common/base/utf8.h"

namespace loka::lokactl {

namespace {

// Exact and without a locale, unlike printf; a table of ten thousand miners asks 40,000 times.
std::string digits(double value, std::chars_format format, int precision) {
  std::array<char, 352> text{};  // 308 digits of the largest double, and some
  const auto [end, failed] =
      std::to_chars(text.data(), text.data() + text.size(), value, format, precision);
  return failed == std::errc{} ? std::string(text.data(), end) : "?";
}

// A number of three digits that count and the index of its unit: value / 1000^unit.
struct Scaled {
  std::string digits;
  size_t unit = 0;
};
Scaled scaled(double value, size_t units) {
  size_t unit = 0;
  // 999.5 would be rounded to 1000: it belongs to the next unit already.
  while (value >= 999.5 && unit + 1 < units) {
    value /= 1000;
    ++unit;
  }
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return {digits(value, std::chars_format::fixed, decimals), unit};
}

// U+200E, U+200F, U+2028 to U+202E and U+2066 to U+2069: they turn the direction of writing or
// break the line, so that a name could pose as another or as a row of the table.
bool misleads(std::string_view sequence) {
  if (sequence.size() != 3) return false;
  const auto last = static_cast<unsigned char>(sequence[2]);
  if (sequence.starts_with("\xe2\x80"))
    return last == 0x8e || last == 0x8f || (last >= 0xa8 && last <= 0xae);
  return sequence.starts_with("\xe2\x81") && last >= 0xa6 && last <= 0xa9;
}

std::string cleaned(std::string_view text, bool keep_newlines) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const size_t bytes = utf8_sequence_length(text, i);
    const std::string_view sequence = text.substr(i, bytes);
    const bool is_kept = bytes > 0 && !is_control_sequence(sequence) && !misleads(sequence);
    if (is_kept || (keep_newlines && text[i] == '\n')) {
      out += sequence;
    } else {
      out += '?';
    }
    i += bytes > 0 ? bytes : 1;
  }
  return out;
}

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; }

}  // namespace

std::string hashrate(double hs) {
  constexpr std::array<std::string_view, 8> kUnits{" H/s",  " kH/s", " MH/s", " GH/s",
                                                   " TH/s", " PH/s", " EH/s", " ZH/s"};
  if (!(hs > 0)) return "0 H/s";
  const Scaled text = scaled(hs, kUnits.size());
  return text.digits + std::string(kUnits[text.unit]);
}

std::string difficulty(double value) {
  constexpr std::array<std::string_view, 7> kUnits{"", "k", "M", "G", "T", "P", "E"};
  if (!(value > 0)) return "0";
  if (value < 999.5) return digits(value, std::chars_format::general, 4);
  const Scaled text = scaled(value, kUnits.size());
  return text.digits + std::string(kUnits[text.unit]);
}

std::string count(uint64_t value) {
  const std::string plain = std::to_string(value);
  std::string out;
  for (size_t i = 0; i < plain.size(); ++i) {
    if (i > 0 && (plain.size() - i) % 3 == 0) out += ',';
    out += plain[i];
  }
  return out;
}

std::string duration(double seconds) {
  struct Unit {
    uint64_t seconds;
    char name;
  };
  constexpr std::array<Unit, 4> kUnits{{{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}}};
  if (!(seconds >= 1)) return "0s";
  const double kept = std::min(seconds, 1e15);  // beyond it lies no age, only a broken answer
  auto rest = static_cast<uint64_t>(kept);
  for (size_t i = 0; i < kUnits.size(); ++i) {
    if (rest < kUnits[i].seconds) continue;
    std::string out = std::to_string(rest / kUnits[i].seconds) + kUnits[i].name;
    rest %= kUnits[i].seconds;
    if (i + 1 < kUnits.size() && rest >= kUnits[i + 1].seconds) {
      out += std::to_string(rest / kUnits[i + 1].seconds) + kUnits[i + 1].name;
    }
    return out;
  }
  return "0s";
}

std::string age(std::optional<double> seconds) { return seconds ? duration(*seconds) : "never"; }

std::string latency(double ms) {
  if (!(ms > 0)) return "-";
  const Scaled text = scaled(ms, 2);
  return text.digits + (text.unit == 0 ? " ms" : " s");
}

std::string printable(std::string_view text) { return cleaned(text, false); }
std::string printable_lines(std::string_view text) { return cleaned(text, true); }

std::string shortened(std::string_view printable_text, size_t characters_max) {
  if (width(printable_text) <= characters_max) return std::string(printable_text);
  size_t characters = 0;
  size_t end = 0;
  for (; end < printable_text.size(); ++end) {
    if (begins_character(printable_text[end]) && ++characters == characters_max) break;
  }
  return std::string(printable_text.substr(0, end)) + "…";
}

size_t width(std::string_view printable_text) {
  size_t characters = 0;
  for (const char c : printable_text) {
    if (begins_character(c)) ++characters;
  }
  return characters;
}

}  // namespace loka::lokactl
