// What a reload changes, key by key, and what of it a running service can take.
#pragma once

#include <string>
#include <vector>

#include "common/config/config.h"

namespace loka::config {

// When a new value counts: for existing sessions too, for sessions and pool connections opened
// afterwards, or only after a restart.
enum class Effect : uint8_t { kLive, kNewSessions, kRestart };

struct Change {
  std::string key;       // "limiter.jobs", "pools.1.url"; "pools.2" if the whole pool comes or goes
  std::string old_text;  // secrets are masked; empty: the pool is new
  std::string new_text;  // empty: the pool goes
  Effect effect = Effect::kLive;

  bool operator==(const Change&) const = default;
  // "limiter.jobs: 10m becomes 20m, at once"
  // "pools.1.url: stratum+tcp://a:3333 becomes stratum+tcp://b:3333, for new sessions"
  // "server.listen: needs a restart; running value stays 0.0.0.0:3333"
  [[nodiscard]] std::string sentence() const;
};

// In the order of the manual. Empty: nothing changed.
[[nodiscard]] std::vector<Change> diff(const Config& running, const Config& wanted);

// `wanted`, but with the running value of every key that needs a restart: what a reload publishes.
[[nodiscard]] Config applicable(const Config& running, const Config& wanted);

}  // namespace loka::config
