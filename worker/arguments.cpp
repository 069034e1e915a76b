#include "worker/arguments.h"

#include <charconv>
#include <optional>
#include <string_view>

namespace loka::worker {

namespace {

constexpr const char* kNotForPeople =
    "loka-worker is started by loka-stratum and does nothing when started by hand";

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

bool read_descriptor(std::string_view text, int& descriptor) {
  const auto value = number<int>(text);
  descriptor = value.value_or(-1);
  return value.has_value();
}

bool read_listeners(std::string_view text, Orders& orders) {
  while (orders.listener_count < kListenersMax) {
    const size_t comma = text.find(',');
    if (!read_descriptor(text.substr(0, comma), orders.listeners[orders.listener_count])) {
      return false;
    }
    ++orders.listener_count;
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
  return false;
}

bool read_option(std::string_view name, std::string_view value, Orders& orders) {
  if (name == "--slot") {
    orders.slot = number<uint32_t>(value).value_or(0);
    return orders.slot > 0;
  }
  if (name == "--runtime-dir") {
    orders.runtime_dir = value;
    return !value.empty();
  }
  if (name == "--listeners") return orders.listener_count == 0 && read_listeners(value, orders);
  if (name == "--segment") return read_descriptor(value, orders.segment);
  if (name == "--log") return read_descriptor(value, orders.log);
  if (name == "--channel") return read_descriptor(value, orders.channel);
  if (name == "--shard") return read_descriptor(value, orders.shard);
  if (name == "--lock") return read_descriptor(value, orders.lock);
  return false;
}

bool are_complete(const Orders& orders) {
  return orders.slot > 0 && orders.segment >= 0 && orders.listener_count > 0 && orders.log >= 0 &&
         orders.channel >= 0 && !orders.runtime_dir.empty() &&
         (orders.shard >= 0) == (orders.lock >= 0);
}

}  // namespace

Result<Arguments, std::string> parse_arguments(std::span<const char* const> arguments) {
  Arguments parsed;
  if (arguments.size() == 1 && arguments[0] == std::string_view("--test-pool-connection")) {
    parsed.tests_pools = true;
    return parsed;
  }
  if (arguments.size() == 1 && arguments[0] == std::string_view("--version")) {
    parsed.shows_version = true;
    return parsed;
  }
  for (size_t i = 0; i < arguments.size(); i += 2) {
    const std::string name = arguments[i];
    if (i + 1 == arguments.size() || !read_option(name, arguments[i + 1], parsed.orders)) {
      return Error(std::string(kNotForPeople) + "; it did not understand " + name);
    }
  }
  if (!are_complete(parsed.orders)) return Error(std::string(kNotForPeople));
  return parsed;
}

}  // namespace loka::worker
