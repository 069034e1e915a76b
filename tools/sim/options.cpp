#include "tools/sim/options.h"

#include <charconv>
#include <cmath>

#include "common/base/hex.h"
#include "common/stratum/limits.h"

namespace loka::sim {

namespace {

constexpr size_t kShardsMax = 64;
constexpr size_t kMinersMax = 1'000'000;

// Far enough away for every purpose, and near enough to be added to a time.
constexpr Duration kDurationMax = Duration::hours(24L * 3650);

bool is_positive(double value) { return value > 0 && std::isfinite(value); }

bool is_fraction(double value) { return value >= 0 && value <= 1; }

}  // namespace

std::optional<HostPort> parse_host_port(std::string_view text, bool may_be_zero) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.front() == '[') {
    if (host.size() < 3 || host.back() != ']') return std::nullopt;
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  HostPort result{std::string(host), 0};
  const auto [at, error] = std::from_chars(port.data(), port.data() + port.size(), result.port);
  if (error != std::errc() || at != port.data() + port.size()) return std::nullopt;
  if (result.port == 0 && !may_be_zero) return std::nullopt;
  return result;
}

std::optional<uint32_t> parse_version_mask(std::string_view text) {
  if (text == "none") return 0;
  return hex_u32(text);
}

std::optional<std::string> problem_of(const PoolOptions& options) {
  if (!is_positive(options.difficulty)) return "--difficulty must be above 0";
  if (options.job_interval < Duration::milliseconds(10) || options.job_interval > kDurationMax)
    return "--job-interval must be 10ms to 3650d";
  if (options.answer_delay > kDurationMax) return "--answer-delay must be at most 3650d";
  if (options.stats_interval > kDurationMax) return "--stats-interval must be at most 3650d";
  if (options.extranonce1_bytes < 1 || options.extranonce1_bytes > stratum::kExtranonce1BytesMax)
    return "--extranonce1-bytes must be 1 to 16";
  if (options.extranonce2_size < 1 ||
      options.extranonce2_size > static_cast<size_t>(stratum::kExtranonce2BytesMax))
    return "--extranonce2-size must be 1 to 32";
  if (!is_fraction(options.reject_rate)) return "--reject-rate must be 0 to 1";
  if (options.shards < 1 || options.shards > kShardsMax) return "--shards must be 1 to 64";
  return std::nullopt;
}

std::optional<std::string> problem_of(const FarmOptions& options) {
  if (options.miners < 1 || options.miners > kMinersMax) return "--miners must be 1 to 1000000";
  if (options.rate != 0 && !is_positive(options.rate)) return "--rate must not be negative";
  if (options.rate > 0 && options.is_closed_loop)
    return "--rate and --closed-loop exclude each other: the loop submits as fast as answers come";
  if (options.is_idle && (options.rate > 0 || options.is_closed_loop))
    return "--idle miners never submit; leave out --rate and --closed-loop";
  if (options.duration > kDurationMax) return "--duration must be at most 3650d";
  if (!is_positive(options.ramp)) return "--ramp must be above 0";
  if (!is_fraction(options.fin_fraction) || !is_fraction(options.rst_fraction) ||
      options.fin_fraction + options.rst_fraction > 1)
    return "--fin-after-submit and --rst-after-submit are fractions, 1 together at most";
  if (options.user.empty()) return "--user must not be empty";
  if (options.user.size() + 16 > stratum::kLoginBytesMax) return "--user is too long";
  if (options.password.size() > stratum::kPasswordBytesMax) return "--password is too long";
  if (options.agent.size() > stratum::kAgentBytesMax) return "--agent is too long";
  if (options.shards < 1 || options.shards > kShardsMax) return "--shards must be 1 to 64";
  if (options.shards > options.miners) return "--shards must not exceed --miners";
  return std::nullopt;
}

}  // namespace loka::sim
