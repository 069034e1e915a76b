// What a pool's position in the configuration stands for, kept right when the configuration
// changes: records and public lines carry the pool's identity, and are moved to where it stands
// now. To do it twice changes nothing, so an engine that died over it leaves no wrong figure
// behind.
#pragma once

#include "common/config/config.h"
#include "shm/transaction.h"

namespace loka::worker {

// To be called with every configuration before it is used, the first one of an engine included.
// Connections to a pool that has left keep going without a position; its figures leave with it.
void place_pools(shm::Transaction& tx, const config::Config& config);

}  // namespace loka::worker
