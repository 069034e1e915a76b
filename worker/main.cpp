// loka-worker: the keeper of one slot, cloned into its engines; or, for a moment, the program that
// tries the configured pools.
#include <cstdio>

#include <sysexits.h>
#include <unistd.h>

#include "worker/arguments.h"
#include "worker/engine.h"
#include "worker/run_keeper.h"
#include "worker/test_pool.h"

int main(int count, char** arguments) {
  using namespace loka::worker;
  const auto parsed =
      parse_arguments({arguments + 1, static_cast<size_t>(count > 0 ? count - 1 : 0)});
  if (!parsed) {
    std::fprintf(stderr, "%s\n", parsed.error().c_str());
    return EX_USAGE;
  }
  if (parsed->shows_version) {
    std::puts("loka-worker " LOKA_VERSION);
    return EX_OK;
  }
  if (parsed->tests_pools) return test_pools(STDIN_FILENO);
  return run_keeper(parsed->orders, &run_engine);
}
