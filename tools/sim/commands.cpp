#include "tools/sim/commands.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include "tools/sim/farm.h"
#include "tools/sim/pool_server.h"
#include "tools/sim/shards.h"
#include "tools/sim/sockets.h"

namespace loka::sim {

namespace {

constexpr size_t kDescriptorsSpare = 32;

void say(const std::string& line) { std::fputs((line + "\n").c_str(), stderr); }

void print(const std::string& report) {
  std::fputs(report.c_str(), stdout);
  std::fflush(stdout);
}

std::string text_of(const HostPort& target) {
  const bool is_v6 = target.host.find(':') != std::string::npos;
  return fmt::format(fmt::runtime(is_v6 ? "[{}]:{}" : "{}:{}"), target.host, target.port);
}

// One per shard; the first decides the port where any was asked for.
Result<std::vector<int>, SystemError> open_listeners(Address& address, size_t count) {
  std::vector<int> listeners;
  for (size_t i = 0; i < count; ++i) {
    const auto listener = listen_on(address);
    if (!listener) return Error(listener.error());
    listeners.push_back(*listener);
  }
  return listeners;
}

// Whether somebody else listens there already, who would share the port without a word because both
// ask for SO_REUSEPORT.
bool is_taken(const Address& address) {
  if (address.port() == 0) return false;
  const int descriptor = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const bool is_free = ::bind(descriptor, address.get(), address.size) == 0;
  const bool is_in_use = !is_free && errno == EADDRINUSE;
  ::close(descriptor);
  return is_in_use;
}

}  // namespace

int fail(int exit_code, const std::string& sentence) {
  say("loka-sim: " + sentence);
  return exit_code;
}

int run_pool(const PoolOptions& options) {
  const std::string where = text_of(options.listen);
  auto address = resolve(options.listen);
  if (!address)
    return fail(EX_NOHOST, fmt::format("cannot resolve {}: {}", where, address.error()));
  if (is_taken(*address))
    return fail(EX_UNAVAILABLE, fmt::format("cannot listen on {}: another program does", where));
  const auto listeners = open_listeners(*address, options.shards);
  if (!listeners)
    return fail(EX_UNAVAILABLE,
                fmt::format("cannot listen on {}: {}", where, listeners.error().text()));
  if (!options.ledger.empty()) {
    ShareLog probe;
    if (const auto opened = probe.open(options.ledger); !opened)
      return fail(EX_CANTCREAT, opened.error().text());
  }
  raise_descriptor_limit();
  say(fmt::format("loka-sim pool: listening on {}, difficulty {}",
                  text_of({options.listen.host, address->port()}), options.difficulty));

  SharedArray<PoolTotals> totals(options.shards);
  const auto serve = [&](size_t shard) {
    ShareLog log;
    if (!options.ledger.empty() && !log.open(options.ledger)) return EX_CANTCREAT;
    for (size_t i = 0; i < listeners->size(); ++i)
      if (i != shard) ::close((*listeners)[i]);
    PoolServer server((*listeners)[shard], options, shard, totals[shard], log);
    return server.run();
  };
  const ShardsResult result = run_shards(options.shards, serve, options.stats_interval,
                                         [&] { say(progress_of(totals.sum())); });
  const PoolTotals sum = totals.sum();
  print(options.is_json ? json_of(sum, result.elapsed, result.cpu)
                        : table_of(sum, result.elapsed, result.cpu));
  return result.exit_code;
}

int run_miners(const FarmOptions& options) {
  const std::string where = text_of(options.connect);
  const auto target = resolve(options.connect);
  if (!target) return fail(EX_NOHOST, fmt::format("cannot resolve {}: {}", where, target.error()));
  const size_t needed = options.miners / options.shards + 1 + kDescriptorsSpare;
  if (const size_t limit = raise_descriptor_limit(); limit < needed)
    return fail(
        EX_OSERR,
        fmt::format("{} miners in {} shards need {} descriptors each, the limit is {}; raise "
                    "it (ulimit -n {}) or use more --shards",
                    options.miners, options.shards, needed, limit, needed));

  SharedArray<FarmTotals> totals(options.shards);
  const auto mine = [&](size_t shard) {
    return Farm(options, *target, shard, totals[shard]).run();
  };
  const Duration tick = options.shows_progress ? Duration::seconds(1) : Duration();
  const ShardsResult result =
      run_shards(options.shards, mine, tick, [&] { say(progress_of(totals.sum())); });
  const FarmTotals sum = totals.sum();
  if (sum.connect_errno != 0 && sum.connections == 0)
    return fail(EX_UNAVAILABLE,
                fmt::format("cannot connect to {}: {}", where, std::strerror(sum.connect_errno)));
  print(options.is_json ? json_of(sum, result.elapsed, result.cpu)
                        : table_of(sum, result.elapsed, result.cpu));
  return result.exit_code;
}

}  // namespace loka::sim
