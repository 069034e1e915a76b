// The configuration as plain values: every key of loka.yaml with its default, its unit and when a
// change of it takes effect. It knows nothing of YAML; `load` fills it, `validate` judges it,
// `diff` says what a reload may change. These comments are the manual's text.
//
// Marks: [live] existing sessions take it at once; [new] only sessions and pool connections opened
// afterwards; [restart] a reload that changes it is refused with a sentence.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/log.h"
#include "common/base/time.h"

namespace loka::config {

enum class Mode : uint8_t { kPassthrough, kAggregate };

// host is a name, an IPv4 or an IPv6 address without brackets.
struct Endpoint {
  std::string host;
  uint16_t port = 0;
  bool operator==(const Endpoint&) const = default;
  // "host:port", with brackets around an IPv6 address
  [[nodiscard]] std::string text() const;
};

struct Server {
  // Where miners connect. Addresses, not names. `port: N` is short for ["0.0.0.0:N"]. [restart]
  std::vector<Endpoint> listen{{"0.0.0.0", 3333}};
  // Worker processes; 0 is `auto`, one per core. [restart]
  unsigned workers = 0;
  // passthrough: one pool connection per miner; aggregate: many miners over few. [restart]
  Mode mode = Mode::kPassthrough;
  // Holds control.sock and the lock. [restart]
  std::string runtime_dir = "/run/loka";
  bool operator==(const Server&) const = default;
};

// Up to kPoolsMax of them, tried in this order. All keys: [new]
struct Pool {
  std::string name;  // default: pool1, pool2, …
  Endpoint address;
  bool tls = false;  // stratum+ssl://
  // The account that we mine for: the miner "anything.rig7" becomes "farm.rig7". Empty passes the
  // miner's own login on, its own password included.
  std::string username;
  std::string password = "x";
  // Tried in this order; the first that occurs divides a login at its first place. The first in the
  // list joins account and worker name upstream. One character each, 1 to 4 of them.
  std::vector<std::string> separator{".", "_"};
  // Ask the pool for mining.extranonce.subscribe.
  bool extranonce = true;
  bool operator==(const Pool&) const = default;
  // "stratum+tcp://host:port" or "stratum+ssl://host:port"
  [[nodiscard]] std::string url() const;
};

struct Limiter {
  // Open miner connections, all workers together; 0 is `auto`: what the descriptor limit carries.
  // [live]
  uint32_t connections = 0;
  // How long a job is remembered; accepted, not used yet. [live]
  Duration jobs = Duration::minutes(10);
  // How long submissions are kept for lookup; accepted, not used yet. [live]
  Duration submissions = Duration::hours(48);
  bool operator==(const Limiter&) const = default;
};

struct Logging {
  LogLevel level = LogLevel::kInfo;     // debug, info, warning, error [live]
  LogFormat format = LogFormat::kText;  // text, json [live]
  std::string file;                     // empty: standard error [live]
  bool operator==(const Logging&) const = default;
};

inline constexpr size_t kPoolsMax = 16;
inline constexpr size_t kListenMax = 16;
inline constexpr unsigned kWorkersMax = 64;

struct Config {
  Server server;
  std::vector<Pool> pools;
  Limiter limiter;
  Logging logging;
  bool operator==(const Config&) const = default;
};

}  // namespace loka::config
