#include "common/json/number.h"

#include <charconv>
#include <cmath>
#include <system_error>

namespace loka::json {
namespace {

// Up to here every integer is a double.
constexpr double kExactMax = 9007199254740992.0;

template <class T>
std::optional<T> read_all(std::string_view digits) {
  T number{};
  const char* end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, number);
  if (error != std::errc{} || stopped != end) return std::nullopt;
  return number;
}

template <class T>
std::optional<T> read_integer(std::string_view digits) {
  if (const auto number = read_all<T>(digits)) return number;
  const std::optional<double> number = to_double(digits);
  if (!number || std::fabs(*number) > kExactMax || std::trunc(*number) != *number)
    return std::nullopt;
  if (std::is_unsigned_v<T> && *number < 0) return std::nullopt;
  return static_cast<T>(*number);
}

}  // namespace

std::optional<double> to_double(std::string_view digits) {
  const auto number = read_all<double>(digits);
  if (!number || !std::isfinite(*number)) return std::nullopt;
  return number;
}

std::optional<int64_t> to_int64(std::string_view digits) { return read_integer<int64_t>(digits); }
std::optional<uint64_t> to_uint64(std::string_view digits) {
  return read_integer<uint64_t>(digits);
}

}  // namespace loka::json
