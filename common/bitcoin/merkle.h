// The merkle root as a miner computes it: from its own coinbase and the branch of the job.
#pragma once

#include <span>

#include "common/bitcoin/sha256d.h"

namespace loka::bitcoin {

// merkle_branch: the hashes of mining.notify in their order, bytes as on the wire. Nothing is
// reversed anywhere between the coinbase's hash and the header; an empty branch leaves the hash.
[[nodiscard]] Hash merkle_root(const Hash& coinbase_hash, std::span<const Hash> merkle_branch);

}  // namespace loka::bitcoin
