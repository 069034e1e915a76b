// loka-worker with an engine that does as it is told; the keeper executes it anew like the real
// one.
#include <sysexits.h>

#include "tests/unit/worker/fake_engine.h"
#include "worker/arguments.h"
#include "worker/run_keeper.h"

int main(int count, char** arguments) {
  const auto parsed =
      loka::worker::parse_arguments({arguments + 1, static_cast<size_t>(count - 1)});
  return parsed ? loka::worker::run_keeper(parsed->orders, &run_fake_engine) : EX_USAGE;
}
