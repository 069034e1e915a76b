#include "common/config/validate.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "common/base/ip_address.h"
#include "common/config/address.h"
#include "common/config/keys.h"
#include "common/config/tree.h"
#include "common/config/units.h"

namespace loka::config {

namespace {

class Judge {
 public:
  Judge(const Config& config, const Origins& origins) : config_(config), origins_(origins) {}

  Problems take() {
    server();
    pools();
    limiter();
    if (const std::string& file = config_.logging.file; !file.empty()) {
      absolute_path("logging.file", file, kPathBytesMax);
    }
    return std::move(problems_);
  }

 private:
  void report(const std::string& key, std::string what, std::string mend) {
    const Origin origin = origins_.of(key);
    const bool has_origin = origin.source != Origin().source;
    add_problem(problems_, {has_origin ? origin.source : "", origin.line, origin.column, key,
                            std::move(what), std::move(mend), false});
  }

  void too_long(const std::string& key, const std::string& text, size_t bytes_max) {
    if (text.size() <= bytes_max) return;
    report(key, "is longer than " + std::to_string(bytes_max) + " bytes", "shorten it");
  }

  void absolute_path(const std::string& key, const std::string& path, size_t bytes_max) {
    if (!path.starts_with('/')) report(key, "is not an absolute path", "begin it with /");
    too_long(key, path, bytes_max);
  }

  void server() {
    const Server& server = config_.server;
    listen();
    if (server.workers > kWorkersMax) {
      report("server.workers", "more than " + std::to_string(kWorkersMax) + " workers",
             "write auto for one per core");
    }
    if (server.mode == Mode::kAggregate) {
      report("server.mode", "aggregate is not available yet", "write passthrough");
    }
    absolute_path("server.runtime_dir", server.runtime_dir, kRuntimeDirBytesMax);
  }

  void listen() {
    const auto& listen = config_.server.listen;
    if (listen.empty()) report("server.listen", "is empty", "write at least one address:port");
    if (listen.size() > kListenMax) {
      report("server.listen", "more than " + std::to_string(kListenMax) + " addresses",
             "0.0.0.0 and [::] stand for all addresses of the machine");
    }
    std::vector<SocketAddress> seen;
    for (size_t i = 0; i < listen.size(); ++i) {
      const std::string key = "server.listen." + std::to_string(i + 1);
      const auto ip = IpAddress::parse(listen[i].host);
      if (!ip) {
        report(key, "'" + listen[i].host + "' is not an IP address",
               "names are not looked up here; 0.0.0.0 or [::] listens on all addresses");
        continue;
      }
      if (listen[i].port == 0) report(key, "has no port", "write address:port");
      const SocketAddress address{*ip, listen[i].port};
      if (std::find(seen.begin(), seen.end(), address) != seen.end()) {
        report(key, listen[i].text() + " is given twice", "remove one");
      }
      seen.push_back(address);
    }
  }

  void pools() {
    const auto& pools = config_.pools;
    if (pools.empty()) {
      report(std::string(kPools), "no pool is configured",
             "write pool: with url: stratum+tcp://host:port below it");
    }
    if (pools.size() > kPoolsMax) {
      report(std::string(kPools), "more than " + std::to_string(kPoolsMax) + " pools",
             "remove some");
    }
    std::map<std::string_view, size_t> names;
    for (size_t i = 0; i < pools.size(); ++i) {
      const auto [first, is_new] = names.emplace(pools[i].name, i);
      if (!is_new) {
        report(key_path(kPools, "name", i),
               "pool " + std::to_string(first->second + 1) + " has the name '" + pools[i].name +
                   "' too",
               "give each pool a name of its own");
      }
      pool(i);
    }
  }

  void pool(size_t i) {
    const Pool& pool = config_.pools[i];
    const auto key = [i](std::string_view name) { return key_path(kPools, name, i); };
    too_long(key("name"), pool.name, kPoolNameBytesMax);
    pool_address(key("url"), pool);
    if (pool.username.size() > kUsernameBytesMax) {
      report(key("username"),
             "is longer than " + std::to_string(kUsernameBytesMax) +
                 " bytes: with a worker's name it would not fit the 128 of a login",
             "shorten it");
    }
    if (clean_prefix(pool.username) != pool.username.size()) {
      report(key("username"), "contains control characters", "remove them");
    }
    too_long(key("password"), pool.password, kPasswordBytesMax);
    separators(key("separator"), pool.separator);
  }

  void pool_address(const std::string& key, const Pool& pool) {
    const Endpoint& address = pool.address;
    if (address.host.empty()) {
      report(key, "the pool has no host", "write url: stratum+tcp://host:port");
    } else if (!is_host(address.host) || address.host.size() > kHostBytesMax) {
      report(key, "'" + address.host + "' is not a host name or an IP address",
             "write only the host under host:, or the whole under url:");
    }
    if (address.port == 0) report(key, "the pool has no port", "write the port that it listens on");
    if (pool.tls) {
      report(key, "stratum+ssl is not available yet; it comes with a later version",
             "write stratum+tcp:// with the pool's plain port");
    }
  }

  void separators(const std::string& key, const std::vector<std::string>& separators) {
    const std::string mend = "write for example [\".\", \"_\"]";
    if (separators.empty() || separators.size() > kSeparatorsMax) {
      report(key, "needs 1 to " + std::to_string(kSeparatorsMax) + " characters", mend);
    }
    for (size_t i = 0; i < separators.size(); ++i) {
      const std::string& text = separators[i];
      if (text.size() != 1 || text[0] <= ' ' || text[0] > '~') {
        report(key, "'" + text + "' is not one visible ASCII character", mend);
      } else if (std::find(separators.begin(), separators.begin() + static_cast<ptrdiff_t>(i),
                           text) != separators.begin() + static_cast<ptrdiff_t>(i)) {
        report(key, "'" + text + "' is given twice", "remove one");
      }
    }
  }

  void limiter() {
    const Limiter& limiter = config_.limiter;
    if (limiter.connections > kConnectionsMax) {
      report("limiter.connections", "more than " + std::to_string(kConnectionsMax),
             "write auto for what the descriptor limit carries");
    }
    in_range("limiter.jobs", limiter.jobs, kJobsMin, kJobsMax);
    in_range("limiter.submissions", limiter.submissions, kSubmissionsMin, kSubmissionsMax);
  }

  void in_range(const std::string& key, Duration value, Duration min, Duration max) {
    if (value >= min && value <= max) return;
    report(key, print_duration(value) + " is out of range",
           "write " + print_duration(min) + " to " + print_duration(max));
  }

  const Config& config_;
  const Origins& origins_;
  Problems problems_;
};

}  // namespace

Problems validate(const Config& config, const Origins& origins) {
  return Judge(config, origins).take();
}

}  // namespace loka::config
