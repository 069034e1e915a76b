// --test-pool-connection: the supervisor speaks to no pool, so it lets loka-worker try them and
// hands on what that says.
#pragma once

#include "common/base/result.h"
#include "common/config/config.h"
#include "supervisor/start_error.h"

namespace loka::supervisor {

// Runs `loka-worker --test-pool-connection` with the canonical configuration, secrets included, on
// its standard input, which is nameless memory; its output goes where ours goes. Returns its exit
// code: 0, or 69 if a pool failed; 70 if it died of a signal.
[[nodiscard]] Result<int, StartError> test_pool_connection(const config::Config& config);

}  // namespace loka::supervisor
