// loka-stratum: the service. Reads the command line, loads the configuration, and then either does
// the one thing it was asked for or becomes the supervisor.
#include <cstdio>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "common/config/dump.h"
#include "common/config/load.h"
#include "supervisor/supervisor.h"
#include "supervisor/test_pool_connection.h"

namespace {

using namespace loka;

constexpr const char* kDefaultConfig = "/etc/loka/loka.yaml";
// Log, lock and directory are for the service's user and group alone.
constexpr mode_t kUmask = 0027;

struct Options {
  std::string config;  // empty: the default, which may be absent
  std::string env_file;
  unsigned workers = 0;  // 0: not given
  std::vector<std::string> set;
  bool validate = false;
  bool test_pool_connection = false;
  bool dump_config = false;
  bool origin = false;
};

void describe(CLI::App& app, Options& options) {
  app.set_version_flag("--version", std::string("loka-stratum ") + LOKA_VERSION);
  app.add_option("--config", options.config, "Configuration file")
      ->type_name("FILE")
      ->default_str(kDefaultConfig);
  app.add_option("--env-file", options.env_file, "File of LOKA_… variables")->type_name("FILE");
  app.add_option("--workers", options.workers, "Worker processes; short for --set server.workers=N")
      ->type_name("N")
      ->check(CLI::Range(1U, config::kWorkersMax));
  app.add_option("--set", options.set, "Sets one key over all other sources; may be repeated")
      ->type_name("key=value")
      ->type_size(1)
      ->expected(1)
      ->take_all();
  auto* validate =
      app.add_flag("-t,--validate", options.validate, "Check the configuration and exit");
  auto* test = app.add_flag("--test-pool-connection", options.test_pool_connection,
                            "Connect to every pool, print what it says, and exit");
  auto* dump = app.add_flag("--dump-config", options.dump_config,
                            "Print the effective configuration, secrets masked, and exit");
  app.add_flag("--origin", options.origin, "With --dump-config: where each value came from")
      ->needs(dump);
  validate->excludes(test)->excludes(dump);
  test->excludes(dump);
}

config::Sources sources_of(const Options& options) {
  config::Sources sources;
  sources.file_may_be_absent = options.config.empty();
  sources.file = options.config.empty() ? kDefaultConfig : options.config;
  sources.env_file = options.env_file;
  sources.environment = config::process_environment();
  sources.set = options.set;
  if (options.workers != 0)
    sources.set.push_back(fmt::format("server.workers={}", options.workers));
  return sources;
}

int fail(const supervisor::StartError& error) {
  fmt::print(stderr, "loka-stratum: {}\n", error.sentence);
  return error.exit_code;
}

int run(const Options& options) {
  umask(kUmask);
  config::Sources sources = sources_of(options);
  config::LoadResult loaded = config::load(sources);
  const bool has_errors = config::has_errors(loaded.problems);
  // A service that starts writes its warnings to the log instead.
  const bool starts = !options.validate && !options.dump_config && !options.test_pool_connection;
  if (has_errors || !starts) {
    for (const config::Problem& problem : loaded.problems) {
      fmt::print(stderr, "{}\n", problem.text());
    }
  }
  if (has_errors) return EX_CONFIG;
  if (options.validate) {
    fmt::print("{}: the configuration is valid\n", sources.file);
    return EX_OK;
  }
  if (options.dump_config) {
    const config::Origins* origins = options.origin ? &loaded.origins : nullptr;
    fmt::print("{}", config::dump(loaded.config, config::Secrets::kMask, origins));
    return EX_OK;
  }
  if (options.test_pool_connection) {
    const auto code = supervisor::test_pool_connection(loaded.config);
    return code ? *code : fail(code.error());
  }
  supervisor::hold_signals(true);
  auto service = supervisor::Supervisor::create(std::move(sources), std::move(loaded));
  return service ? (*service)->run() : fail(service.error());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    CLI::App app("Loka Stratum: a proxy between miners and mining pools");
    Options options;
    describe(app, options);
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app.exit(error) == 0 ? EX_OK : EX_USAGE;
    }
    return run(options);
  } catch (const std::exception& error) {  // out of memory, at start-up
    fmt::print(stderr, "loka-stratum: {}\n", error.what());
    return EX_SOFTWARE;
  }
}
