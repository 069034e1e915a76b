// loka-sim: the command line, and nothing else.
#include <functional>
#include <random>

#include <CLI/CLI.hpp>
#include <sysexits.h>

#include "common/config/units.h"
#include "tools/sim/commands.h"

namespace {

using loka::Duration;
using loka::sim::FarmOptions;
using loka::sim::PoolOptions;

// An option whose text goes through one of our own parsers; what it does not understand is a usage
// error that says what would be.
template <class Parse, class T>
CLI::Option* add_parsed(CLI::App& app, const std::string& name, T& target, Parse parse,
                        const std::string& type, const std::string& expected,
                        const std::string& help) {
  return app
      .add_option_function<std::string>(
          name,
          [&target, parse, name, expected](const std::string& text) {
            const auto value = parse(text);
            if (!value) throw CLI::ValidationError(name, "\"" + text + "\" is not " + expected);
            target = *value;
          },
          help)
      ->type_name(type);
}

CLI::Option* add_duration(CLI::App& app, const std::string& name, Duration& target,
                          const std::string& help) {
  return add_parsed(app, name, target, loka::config::parse_duration, "TIME",
                    "a duration like 30s or 10ms", help);
}

void add_pool_options(CLI::App& app, PoolOptions& options) {
  app.footer(
      "Every share is judged in full: login, job, lengths, version bits, ntime, the hash of the\n"
      "header against the target, duplicates. Ends on Ctrl-C and prints what it counted.\n\n"
      "Examples:\n"
      "  loka-sim pool --listen 127.0.0.1:3334\n"
      "  loka-sim pool --listen 0.0.0.0:3334 --difficulty 0.001 --user farm --ledger shares.jsonl\n"
      "  loka-sim pool --answer-delay 40ms --reject-rate 0.01 --stats-interval 5s");
  add_parsed(
      app, "--listen", options.listen,
      [](const std::string& text) { return loka::sim::parse_host_port(text, true); }, "HOST:PORT",
      "HOST:PORT", "where to listen; port 0 takes a free one [127.0.0.1:3334]");
  app.add_option("--difficulty", options.difficulty,
                 "of every share; 1e-8 costs about 43 hashes or\n5 us, so that 2,000 real shares a "
                 "second take\n"
                 "some 5 % of a core; a Bitaxe wants 1000 [1e-8]")
      ->type_name("N");
  add_duration(app, "--job-interval", options.job_interval, "between two new jobs [30s]");
  app.add_option("--extranonce1-bytes", options.extranonce1_bytes, "1 to 16 [4]")->type_name("N");
  app.add_option("--extranonce2-size", options.extranonce2_size, "in bytes, 1 to 32 [8]")
      ->type_name("N");
  add_parsed(app, "--version-mask", options.version_mask, loka::sim::parse_version_mask, "HEX",
             "up to 8 hex digits or none", "bits that miners may roll, or none [1fffe000]");
  add_duration(app, "--answer-delay", options.answer_delay, "before a submit is answered [0ms]");
  app.add_option("--reject-rate", options.reject_rate,
                 "part of the valid shares that is refused all\nthe same [0]")
      ->type_name("FRACTION");
  app.add_option("--ledger", options.ledger, "append one line of JSON per judged share")
      ->type_name("FILE");
  add_duration(app, "--stats-interval", options.stats_interval,
               "between lines of progress on stderr; 0 for none [0]");
  app.add_flag("--clean-every-job", options.cleans_every_job,
               "every job begins a new block: clean_jobs is true\nand shares of older ones are "
               "stale after 5 s");
  app.add_option("--user", options.user, "authorise logins of this account only [all]")
      ->type_name("NAME");
  app.add_option("--seed", options.seed, "make the same jobs as another run with it [random]")
      ->type_name("N");
  app.add_option("--shards", options.shards, "processes that share the port [1]")->type_name("N");
  app.add_flag("--json", options.is_json, "print one JSON document at the end");
}

void add_farm_options(CLI::App& app, FarmOptions& options) {
  app.footer(
      "Every miner hashes real headers and never submits one twice. Each submit has to get "
      "exactly\n"
      "one answer: the exit code is 0 if that is so and 1 if one is missing or came twice; 69 if\n"
      "nobody listens. Ends after --duration or on Ctrl-C, waits up to 10 s for open answers and\n"
      "prints what it counted. One process may hold some 20,000 descriptors; beyond, use "
      "--shards.\n\n"
      "Examples:\n"
      "  loka-sim miners --connect 127.0.0.1:3333 --miners 50 --duration 60s --progress\n"
      "  loka-sim miners --connect 127.0.0.1:3333 --miners 1000 --rate 2000 --json\n"
      "  loka-sim miners --connect 127.0.0.1:3333 --miners 20000 --idle --ramp 2000 --shards 2");
  add_parsed(
      app, "--connect", options.connect,
      [](const std::string& text) { return loka::sim::parse_host_port(text, false); }, "HOST:PORT",
      "HOST:PORT", "a pool or a proxy")
      ->required();
  app.add_option("--miners", options.miners, "how many [1]")->type_name("N");
  app.add_option("--rate", options.rate, "submits a second, all miners together\n[0.2 for each]")
      ->type_name("N");
  app.add_flag("--closed-loop", options.is_closed_loop,
               "each miner submits when its last submit is\nanswered; instead of --rate");
  app.add_option("--user", options.user, "logins are NAME.sim1, NAME.sim2, ... [farm]")
      ->type_name("NAME");
  app.add_option("--password", options.password, "what they authorise with [x]")->type_name("TEXT");
  app.add_option("--ramp", options.ramp, "connects a second of all together [1000]")
      ->type_name("N");
  add_duration(app, "--duration", options.duration, "how long; 0 until Ctrl-C [60s]");
  app.add_option("--agent", options.agent, "what the miners call themselves [loka-sim/VERSION]")
      ->type_name("TEXT");
  app.add_flag("--version-rolling,!--no-version-rolling", options.rolls_version,
               "negotiate version rolling (BIP 310) [yes]");
  app.add_flag("--extranonce-subscribe", options.subscribes_extranonce,
               "ask to be told of new extranonces");
  app.add_flag("--pipeline", options.is_pipelined,
               "send configure, subscribe and authorize at once,\nas ESP-Miner does");
  app.add_flag("--idle", options.is_idle, "log in and never submit");
  app.add_option("--fin-after-submit", options.fin_fraction,
                 "part of the submits after which the miner sends\nFIN, stays for its answers and "
                 "comes back [0]")
      ->type_name("FRACTION");
  app.add_option("--rst-after-submit", options.rst_fraction,
                 "part of the submits after which the miner resets\nits connection; what is open "
                 "then counts as\n"
                 "abandoned, not as lost [0]")
      ->type_name("FRACTION");
  app.add_flag("--reconnect,!--no-reconnect", options.reconnects, "come back when cut off [yes]");
  app.add_option("--seed", options.seed, "make the same choices as another run with it [random]")
      ->type_name("N");
  app.add_option("--shards", options.shards, "processes that divide the miners [1]")
      ->type_name("N");
  app.add_flag("--json", options.is_json, "print one JSON document at the end");
  app.add_flag("--progress", options.shows_progress, "a line a second on standard error");
}

int run(const PoolOptions& options) {
  if (const auto problem = problem_of(options)) return loka::sim::fail(EX_USAGE, *problem);
  return loka::sim::run_pool(options);
}

int run(FarmOptions options) {
  if (const auto problem = problem_of(options)) return loka::sim::fail(EX_USAGE, *problem);
  const bool is_paced = options.rate > 0 || options.is_closed_loop || options.is_idle;
  if (!is_paced)
    options.rate = loka::sim::kDefaultRatePerMiner * static_cast<double>(options.miners);
  return loka::sim::run_miners(options);
}

uint64_t random_seed() {
  std::random_device device;
  return uint64_t{device()} << 32U | device();
}

}  // namespace

int main(int argc, char** argv) {
  PoolOptions pool;
  FarmOptions farm;
  pool.seed = farm.seed = random_seed();
  CLI::App app(
      "loka-sim: a simulated pool and simulated miners, for rehearsals, tests and "
      "benchmarks");
  app.name("loka-sim");
  app.get_formatter()->column_width(34);
  app.set_version_flag("--version", "loka-sim " LOKA_VERSION);
  app.require_subcommand(1);
  CLI::App* pool_command = app.add_subcommand("pool", "a pool that judges every share");
  CLI::App* farm_command = app.add_subcommand("miners", "a farm of miners that really hash");
  add_pool_options(*pool_command, pool);
  add_farm_options(*farm_command, farm);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return loka::sim::fail(EX_USAGE, std::string(error.what()) + "; see loka-sim --help");
  }
  return pool_command->parsed() ? run(pool) : run(farm);
}
