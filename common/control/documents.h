// The documents that the service answers lokactl with, as plain values, and their JSON. The service
// fills them; lokactl reads them back and draws tables. Member names are the JSON names; every
// document carries "schema": 1. Reading is lenient (an older service may know less: what is absent
// keeps its default), writing is exact, because `--json` shows it to scripts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace loka::control {

inline constexpr int kSchema = 1;

// Hashes per second from accepted difficulty.
struct HashrateHs {
  double m1 = 0;  // "1m"
  double m5 = 0;  // "5m"
  double h1 = 0;  // "1h"
  bool operator==(const HashrateHs&) const = default;
};

struct WorkerEntry {
  uint32_t slot = 0;  // from 1
  std::string state;  // starting, recovering, serving, backoff, failed, stopping
  uint32_t keeper_pid = 0;
  uint32_t engine_pid = 0;  // 0: none at the moment
  uint32_t epoch = 0;
  uint32_t sessions = 0;
  uint64_t heartbeat_age_ms = 0;
  uint32_t deaths = 0;  // of engines
  bool operator==(const WorkerEntry&) const = default;
};

struct Shares {
  uint64_t submitted = 0, accepted = 0, local = 0, rejected = 0, stale = 0, duplicate = 0,
           low_difficulty = 0, invalid = 0, unanswered = 0, in_flight = 0, late_accepted = 0,
           late_rejected = 0;
  bool operator==(const Shares&) const = default;
  // submitted minus the nine states a submit can be in; 0 in every honest snapshot.
  [[nodiscard]] int64_t missing() const;
};

struct PoolEntry {
  std::string name;
  std::string url;
  std::string state;  // healthy, degraded, failed, recovering, refused
  std::string role;   // active, standby, idle
  uint32_t connections = 0;
  uint64_t accepted = 0;
  uint64_t rejected = 0;
  double latency_p50_ms = 0;  // "latency_ms": {"p50", "p99"}
  double latency_p99_ms = 0;
  uint32_t serving = 0;                  // connections authorised and with a job
  std::optional<double> last_success_s;  // age; nullopt: never
  std::optional<double> last_failure_s;  // age; nullopt: never
  uint32_t failures_in_row = 0;
  bool operator==(const PoolEntry&) const = default;
};

// One of the service's counters, all workers together: what was refused, dropped or closed, and
// why.
struct NamedCount {
  std::string name;
  uint64_t value = 0;
  bool operator==(const NamedCount&) const = default;
};

struct Status {
  std::string version;
  std::string state;  // healthy, degraded, starting, stopping
  uint64_t uptime_s = 0;
  std::string mode;         // passthrough, aggregate
  std::string config_file;  // "config": {"file", "generation"}
  uint64_t config_generation = 0;
  std::vector<WorkerEntry> workers;
  uint32_t miners_connected = 0;  // "miners": {"connected", "authorized", "connections_total"}
  uint32_t miners_authorized = 0;
  uint64_t connections_total = 0;
  Shares shares;
  HashrateHs hashrate_hs;
  std::vector<PoolEntry> pools;
  std::vector<NamedCount> counters;
  std::vector<std::string> warnings;  // sentences: why it is degraded, limits nearly reached
  bool operator==(const Status&) const = default;
};

struct MinerEntry {
  std::string login;
  std::string address;
  std::string agent;
  std::string pool;  // its name; empty: none at the moment
  uint32_t slot = 0;
  double difficulty = 0;
  HashrateHs hashrate_hs;
  uint64_t submitted = 0;
  uint64_t accepted = 0;
  uint64_t rejected = 0;
  uint64_t unanswered = 0;
  std::optional<double> last_share_s;  // age; nullopt: none yet
  double connected_s = 0;              // age
  bool operator==(const MinerEntry&) const = default;
};

struct Workers {
  std::vector<WorkerEntry> workers;
};
struct Miners {  // the answer to `miners` and to `miner`
  std::vector<MinerEntry> miners;
  uint64_t omitted = 0;  // rows left out by to_json(), because one frame must hold the document
};
struct Pools {
  std::vector<PoolEntry> pools;
};
struct ConfigText {
  std::string text;  // YAML with origins, secrets masked
  uint64_t generation = 0;
};
struct ReloadReport {
  bool taken = true;  // false: the problems are errors, the running configuration stays as it was
  uint64_t generation = 0;
  std::vector<std::string> changes;   // sentences
  std::vector<std::string> refused;   // sentences: what needs a restart
  std::vector<std::string> problems;  // warnings, or why nothing was taken
};
struct Version {
  std::string version;
};
struct Done {        // the answer to `stop` and `reopen-logs`
  std::string what;  // "log files reopened"
};

[[nodiscard]] std::string to_json(const Status& document);
[[nodiscard]] std::string to_json(const Workers& document);
[[nodiscard]] std::string to_json(const Miners& document);
[[nodiscard]] std::string to_json(const Pools& document);
[[nodiscard]] std::string to_json(const ConfigText& document);
[[nodiscard]] std::string to_json(const ReloadReport& document);
[[nodiscard]] std::string to_json(const Version& document);
[[nodiscard]] std::string to_json(const Done& document);

// T is one of the above. The error is a sentence: the text is not JSON, not an object, or of
// another schema.
template <class T>
[[nodiscard]] Result<T, std::string> from_json(std::string_view json);

}  // namespace loka::control
