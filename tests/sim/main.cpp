// Runs the real engine on a virtual machine, one seed after the other.
//
//   sim [--seeds N] [--first SEED]    N seeds from SEED on; a summary, or each seed that failed
//   sim --seed SEED                   one seed, every line of every peer
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include "common/base/log.h"
#include "tests/sim/world.h"

namespace {

using loka::sim::Tally;
using loka::sim::World;

constexpr uint64_t kFailuresMax = 10;
constexpr int kExitUsage = 64;
constexpr int kExitSystem = 71;

char seed_text[64];

// A CHECK of the engine's own aborts: the seed must still be told.
void on_abort(int) {
  const ssize_t written = ::write(STDERR_FILENO, seed_text, std::strlen(seed_text));
  ::_exit(written > 0 ? 1 : 2);
}

bool run(uint64_t seed, bool is_verbose, Tally& sum) {
  std::snprintf(seed_text, sizeof seed_text, "seed %llu: aborted\n",
                static_cast<unsigned long long>(seed));
  World world(seed, is_verbose);
  const auto failure = world.run();
  const Tally& tally = world.tally();
  sum.commits += tally.commits;
  sum.deaths += tally.deaths;
  sum.miners += tally.miners;
  sum.submits += tally.submits;
  sum.accepted += tally.accepted;
  if (!failure) return true;
  std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), failure->c_str());
  std::fflush(stdout);
  return false;
}

int refuse() {
  std::fputs("usage: sim [--seeds N] [--first SEED] | --seed SEED\n", stderr);
  return kExitUsage;
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t seeds = 1000;
  uint64_t first = 1;
  bool is_verbose = false;
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc) return refuse();
    const std::string_view option = argv[i];
    const std::string_view text = argv[i + 1];
    uint64_t value = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc())
      return refuse();
    if (option == "--seeds") {
      seeds = value;
    } else if (option == "--first") {
      first = value;
    } else if (option == "--seed") {
      first = value;
      seeds = 1;
      is_verbose = true;
    } else {
      return refuse();
    }
  }
  std::signal(SIGABRT, on_abort);
  // Recovery asks every number that the process's table could hold: make it hold the machine's.
  if (::dup2(STDERR_FILENO, loka::sim::kDescriptorsEnd) < 0) return kExitSystem;
  if (!is_verbose)  // what pools do to us is worth a warning each, and there are thousands
    loka::log_setup(::open("/dev/null", O_WRONLY | O_CLOEXEC), loka::LogFormat::kText,
                    loka::LogLevel::kError, "sim");
  Tally sum;
  uint64_t failures = 0;
  for (uint64_t seed = first; seed < first + seeds && failures < kFailuresMax; ++seed)
    if (!run(seed, is_verbose, sum)) ++failures;
  std::printf(
      "%llu seeds, %llu failed; %llu miners, %llu submits, %llu accepted, %llu commits, "
      "%llu deaths of engines\n",
      static_cast<unsigned long long>(seeds), static_cast<unsigned long long>(failures),
      static_cast<unsigned long long>(sum.miners), static_cast<unsigned long long>(sum.submits),
      static_cast<unsigned long long>(sum.accepted), static_cast<unsigned long long>(sum.commits),
      static_cast<unsigned long long>(sum.deaths));
  return failures == 0 ? 0 : 1;
}
