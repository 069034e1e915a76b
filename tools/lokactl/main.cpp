// lokactl: asks the running service and shows its answer. The command line stands here; what it
// does, in command.cpp.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <poll.h>
#include <unistd.h>

#include "tools/lokactl/command.h"

namespace {

using namespace loka;
using control::Verb;

constexpr const char* kDefaultSocket = "/run/loka/control.sock";
constexpr double kWatchSeconds = 2;
constexpr double kWatchSecondsMin = 0.1;
constexpr double kWatchSecondsMax = 86400;

struct Options {
  std::string socket = kDefaultSocket;
  bool json = false;
  double watch_s = kWatchSeconds;
  bool is_watching = false;
  control::Request request;
};

struct Help {
  Verb verb;
  const char* text;
};
constexpr std::array<Help, 10> kHelp{{
    {Verb::kStatus, "state, workers, miners, shares, hashrate and pools at a glance"},
    {Verb::kWorkers, "the worker processes"},
    {Verb::kMiners, "all miners, by login"},
    {Verb::kMiner, "all sessions of one login or worker name"},
    {Verb::kPools, "the pools with their latency and last failures"},
    {Verb::kConfig, "the running configuration and where each value came from"},
    {Verb::kReload, "read the configuration again and take over what can change"},
    {Verb::kReopenLogs, "reopen the log file, after a rotation"},
    {Verb::kStop, "stop the service gracefully"},
    {Verb::kVersion, "the versions of lokactl and of the service"},
}};

// Fills options; returns an exit code if the run is over already.
std::optional<int> parse_command_line(int argc, char** argv, Options& options) {
  CLI::App app("Asks the running Loka Stratum service.", "lokactl");
  app.set_version_flag("--version", std::string("lokactl ") + LOKA_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--socket", options.socket, "the service's control socket")
      ->envname("LOKA_SOCKET")
      ->capture_default_str();
  app.add_flag("--json", options.json, "print the document as JSON");
  const CLI::Option* watch =
      app.add_option("--watch", options.watch_s, "ask again every so many seconds, 2 if not given")
          ->expected(0, 1)
          ->type_name("[SECONDS]")
          ->check(CLI::Range(kWatchSecondsMin, kWatchSecondsMax));
  for (const Help& help : kHelp) {
    CLI::App* verb = app.add_subcommand(std::string(control::name(help.verb)), help.text);
    verb->callback([&options, help] { options.request.verb = help.verb; });
    if (help.verb == Verb::kMiner) {
      verb->add_option("NAME", options.request.miner, "a login, or the part behind its separator")
          ->required();
    }
  }
  app.footer("Exit: 0 fine, 1 refused or degraded, 2 usage, 3 the service is not running.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? lokactl::kExitFine : lokactl::kExitUsage;
  }
  options.is_watching = watch->count() > 0;
  // CLI11 writes 0 when the option stands without its value.
  if (options.watch_s < kWatchSecondsMin) options.watch_s = kWatchSeconds;
  if (options.is_watching && !lokactl::is_watchable(options.request.verb)) {
    std::fprintf(stderr, "lokactl: %s cannot be watched; leave out --watch\n",
                 std::string(control::name(options.request.verb)).c_str());
    return lokactl::kExitUsage;
  }
  return std::nullopt;
}

void print(std::FILE* file, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), file);
  std::fflush(file);
}

// Until it is interrupted; a service that goes away and comes back is shown as it is.
[[noreturn]] void watch(const Options& options, const lokactl::Look& look, lokactl::World world,
                        bool is_terminal) {
  const bool redraws = is_terminal && !look.json;
  std::string round;
  if (redraws) {
    world.out = [&round](const std::string& text) { round += text; };
    world.err = world.out;
    print(stdout, "\x1b[2J");
  }
  for (;;) {
    round.clear();
    static_cast<void>(lokactl::run_once(options.request, look, world));
    if (redraws) print(stdout, lokactl::redrawn(round));
    if (std::ferror(stdout) != 0) std::exit(lokactl::kExitRefused);
    ::poll(nullptr, 0, static_cast<int>(options.watch_s * 1000));
  }
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (const auto code = parse_command_line(argc, argv, options)) return *code;
  const bool is_terminal = ::isatty(STDOUT_FILENO) == 1;
  const char* no_color = std::getenv("NO_COLOR");  // https://no-color.org: set and not empty
  const lokactl::Look look{options.json, is_terminal && (no_color == nullptr || *no_color == '\0')};
  const lokactl::World world{
      [&](const control::Request& request) { return lokactl::ask(options.socket, request); },
      [](const std::string& text) { print(stdout, text); },
      [](const std::string& text) { print(stderr, text); }};
  if (options.is_watching) watch(options, look, world, is_terminal);
  return lokactl::run_once(options.request, look, world);
}
