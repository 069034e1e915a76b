#include "common/control/documents.h"

#include <concepts>
#include <limits>

#include "common/control/frame.h"
#include "common/json/document.h"
#include "common/json/writer.h"

namespace loka::control {

namespace {

// The members of each document are listed once, for writing and reading alike: visit(name, member),
// and visit.group(name, …) for an object that is flat in the struct. T is the struct, const when
// writing.
template <class T, class Wanted>
concept Is = std::same_as<std::remove_const_t<T>, Wanted>;

template <class Visit, Is<HashrateHs> T>
void members(Visit& visit, T& rate) {
  visit("1m", rate.m1);
  visit("5m", rate.m5);
  visit("1h", rate.h1);
}

template <class Visit, Is<WorkerEntry> T>
void members(Visit& visit, T& worker) {
  visit("slot", worker.slot);
  visit("state", worker.state);
  visit("keeper_pid", worker.keeper_pid);
  visit("engine_pid", worker.engine_pid);
  visit("epoch", worker.epoch);
  visit("sessions", worker.sessions);
  visit("heartbeat_age_ms", worker.heartbeat_age_ms);
  visit("deaths", worker.deaths);
}

template <class Visit, Is<Shares> T>
void members(Visit& visit, T& shares) {
  visit("submitted", shares.submitted);
  visit("accepted", shares.accepted);
  visit("local", shares.local);
  visit("rejected", shares.rejected);
  visit("stale", shares.stale);
  visit("duplicate", shares.duplicate);
  visit("low_difficulty", shares.low_difficulty);
  visit("invalid", shares.invalid);
  visit("unanswered", shares.unanswered);
  visit("in_flight", shares.in_flight);
  visit("late_accepted", shares.late_accepted);
  visit("late_rejected", shares.late_rejected);
}

template <class Visit, Is<PoolEntry> T>
void members(Visit& visit, T& pool) {
  visit("name", pool.name);
  visit("url", pool.url);
  visit("state", pool.state);
  visit("role", pool.role);
  visit("connections", pool.connections);
  visit("serving", pool.serving);
  visit("accepted", pool.accepted);
  visit("rejected", pool.rejected);
  visit.group("latency_ms", [&] {
    visit("p50", pool.latency_p50_ms);
    visit("p99", pool.latency_p99_ms);
  });
  visit("last_success_s", pool.last_success_s);
  visit("last_failure_s", pool.last_failure_s);
  visit("failures_in_row", pool.failures_in_row);
}

template <class Visit, Is<NamedCount> T>
void members(Visit& visit, T& count) {
  visit("name", count.name);
  visit("value", count.value);
}

template <class Visit, Is<Status> T>
void members(Visit& visit, T& status) {
  visit("version", status.version);
  visit("state", status.state);
  visit("uptime_s", status.uptime_s);
  visit("mode", status.mode);
  visit.group("config", [&] {
    visit("file", status.config_file);
    visit("generation", status.config_generation);
  });
  visit("workers", status.workers);
  visit.group("miners", [&] {
    visit("connected", status.miners_connected);
    visit("authorized", status.miners_authorized);
    visit("connections_total", status.connections_total);
  });
  visit("shares", status.shares);
  visit("hashrate_hs", status.hashrate_hs);
  visit("pools", status.pools);
  visit("counters", status.counters);
  visit("warnings", status.warnings);
}

template <class Visit, Is<MinerEntry> T>
void members(Visit& visit, T& miner) {
  visit("login", miner.login);
  visit("address", miner.address);
  visit("agent", miner.agent);
  visit("pool", miner.pool);
  visit("slot", miner.slot);
  visit("difficulty", miner.difficulty);
  visit("hashrate_hs", miner.hashrate_hs);
  visit("submitted", miner.submitted);
  visit("accepted", miner.accepted);
  visit("rejected", miner.rejected);
  visit("unanswered", miner.unanswered);
  visit("last_share_s", miner.last_share_s);
  visit("connected_s", miner.connected_s);
}

template <class Visit, Is<Workers> T>
void members(Visit& visit, T& document) {
  visit("workers", document.workers);
}

template <class Visit, Is<Miners> T>
void members(Visit& visit, T& document) {
  visit("omitted", document.omitted);
  visit("miners", document.miners);
}

template <class Visit, Is<Pools> T>
void members(Visit& visit, T& document) {
  visit("pools", document.pools);
}

template <class Visit, Is<ConfigText> T>
void members(Visit& visit, T& document) {
  visit("text", document.text);
  visit("generation", document.generation);
}

template <class Visit, Is<ReloadReport> T>
void members(Visit& visit, T& document) {
  visit("taken", document.taken);
  visit("generation", document.generation);
  visit("changes", document.changes);
  visit("refused", document.refused);
  visit("problems", document.problems);
}

template <class Visit, Is<Version> T>
void members(Visit& visit, T& document) {
  visit("version", document.version);
}

template <class Visit, Is<Done> T>
void members(Visit& visit, T& document) {
  visit("what", document.what);
}

class Writing {
 public:
  explicit Writing(std::string& out) : writer_(out) {}

  template <class T>
  void operator()(std::string_view name, const T& value) {
    writer_.key(name);
    write(value);
  }
  template <class Inside>
  void group(std::string_view name, Inside inside) {
    writer_.key(name).begin_object();
    inside();
    writer_.end_object();
  }
  template <class T>
  void document(const T& value) {
    writer_.begin_object().member("schema", kSchema);
    members(*this, value);
    writer_.end_object();
  }

 private:
  void write(const std::string& text) { writer_.string(text); }
  void write(bool value) { writer_.boolean(value); }
  void write(const std::optional<double>& number) {
    if (number) {
      writer_.number(*number);
    } else {
      writer_.null();
    }
  }
  template <class T>
  void write(const std::vector<T>& items) {
    writer_.begin_array();
    for (const T& item : items) write(item);
    writer_.end_array();
  }
  template <class T>
  void write(const T& value) {
    if constexpr (std::is_arithmetic_v<T>) {
      writer_.number(value);
    } else {
      writer_.begin_object();
      members(*this, value);
      writer_.end_object();
    }
  }

  json::Writer writer_;
};

// What is absent or of another type keeps the value it has.
class Reading {
 public:
  explicit Reading(json::Value at) : at_(at) {}

  template <class T>
  void operator()(std::string_view name, T& value) {
    read(at_[name], value);
  }
  template <class Inside>
  void group(std::string_view name, Inside inside) {
    const json::Value outer = at_;
    at_ = at_[name];
    inside();
    at_ = outer;
  }

 private:
  static void read(json::Value from, std::string& text) {
    if (const auto found = from.as_string()) text = *found;
  }
  static void read(json::Value from, bool& value) { value = from.as_bool().value_or(value); }
  static void read(json::Value from, double& number) { number = from.as_double().value_or(number); }
  static void read(json::Value from, std::optional<double>& number) { number = from.as_double(); }
  template <std::unsigned_integral T>
  static void read(json::Value from, T& number) {
    const auto found = from.as_uint64();
    if (found && *found <= std::numeric_limits<T>::max()) number = static_cast<T>(*found);
  }
  template <class T>
  static void read(json::Value from, std::vector<T>& items) {
    items.reserve(from.size());
    from.for_each_item([&](json::Value item) { read(item, items.emplace_back()); });
  }
  template <class T>
    requires std::is_class_v<T>
  static void read(json::Value from, T& value) {
    Reading inside(from);
    members(inside, value);
  }

  json::Value at_;
};

template <class T>
std::string written(const T& document) {
  std::string out;
  Writing(out).document(document);
  return out;
}

constexpr size_t kEnvelopeBytesMax = 64;  // what encode_ok() puts around a document

}  // namespace

int64_t Shares::missing() const {
  const uint64_t sum = accepted + local + rejected + stale + duplicate + low_difficulty + invalid +
                       unanswered + in_flight;
  return static_cast<int64_t>(submitted - sum);
}

std::string to_json(const Status& document) { return written(document); }
std::string to_json(const Workers& document) { return written(document); }
std::string to_json(const Pools& document) { return written(document); }
std::string to_json(const ConfigText& document) { return written(document); }
std::string to_json(const ReloadReport& document) { return written(document); }
std::string to_json(const Version& document) { return written(document); }
std::string to_json(const Done& document) { return written(document); }

std::string to_json(const Miners& document) {
  std::string out = written(document);
  if (out.size() + kEnvelopeBytesMax <= kFrameBytesMax) return out;
  // One frame has to hold it: half of the rows, until it fits, and the number of those left out.
  Miners half;
  const size_t kept = document.miners.size() / 2;
  half.miners.assign(document.miners.begin(),
                     document.miners.begin() + static_cast<ptrdiff_t>(kept));
  half.omitted = document.omitted + document.miners.size() - kept;
  return to_json(half);
}

template <class T>
Result<T, std::string> from_json(std::string_view json) {
  const auto document = json::Document::parse(json);
  if (!document || !document->root().is_object()) {
    return Error(std::string("the document is not a JSON object"));
  }
  if (const auto schema = document->root()["schema"].as_int64(); schema != kSchema) {
    return Error(std::string("the document is of another schema; use the lokactl of the service"));
  }
  T out;
  Reading reading(document->root());
  members(reading, out);
  return out;
}

template Result<Status, std::string> from_json(std::string_view);
template Result<Workers, std::string> from_json(std::string_view);
template Result<Miners, std::string> from_json(std::string_view);
template Result<Pools, std::string> from_json(std::string_view);
template Result<ConfigText, std::string> from_json(std::string_view);
template Result<ReloadReport, std::string> from_json(std::string_view);
template Result<Version, std::string> from_json(std::string_view);
template Result<Done, std::string> from_json(std::string_view);

}  // namespace loka::control
