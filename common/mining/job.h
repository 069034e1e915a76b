// One mining.notify, decoded into what hashing needs. A Job owns its bytes; a JobView is the same
// over bytes that stand elsewhere, in a record for instance, and is what shares are judged against.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/bitcoin/block_header.h"
#include "common/bitcoin/sha256d.h"
#include "common/bitcoin/uint256.h"
#include "common/stratum/message.h"

namespace loka::mining {

using Bytes = std::span<const uint8_t>;

struct JobView {
  bitcoin::Hash prevhash{};  // as in the header
  Bytes coinb1;              // the coinbase is coinb1 | extranonce1 | extranonce2 | coinb2
  Bytes coinb2;
  std::span<const bitcoin::Hash> merkle_branch;
  uint32_t version = 0;
  uint32_t nbits = 0;
  uint32_t ntime = 0;
  bitcoin::Uint256 network_target;
};

struct Job {
  std::string id;
  bitcoin::Hash prevhash{};
  std::vector<uint8_t> coinb1;
  std::vector<uint8_t> coinb2;
  std::vector<bitcoin::Hash> merkle_branch;
  uint32_t version = 0;
  uint32_t nbits = 0;
  uint32_t ntime = 0;
  bool clean_jobs = false;
  bitcoin::Uint256 network_target;

  // Valid as long as the job is neither moved nor changed.
  [[nodiscard]] JobView view() const;
};

enum class JobError : uint8_t {
  kTooFewParams,  // clean_jobs alone may be missing
  kBadJobId,      // not a string of 1 to kJobIdBytesMax bytes
  kBadPrevhash,
  kBadCoinbase,
  kBadMerkleBranch,  // no array of hashes, or more than kMerkleBranchMax
  kBadVersion,
  kBadNbits,  // also a target above 256 bits
  kBadNtime,
};
[[nodiscard]] std::string_view describe(JobError error);

// ESP-Miner keeps 32; 14 are the most that a full block gives.
inline constexpr size_t kMerkleBranchMax = 32;

// line: the one that `notify` was parsed from. Read as leniently as miners do: a null branch is an
// empty one, a version may lack leading zeros, clean_jobs may be missing, 1 or "true", and items
// after it are ignored.
[[nodiscard]] Result<Job, JobError> read_job(const stratum::Message& notify, std::string_view line);

// The header that a miner makes of a job: coinbase put together and hashed, folded along the
// branch, with the version as it is after rolling.
struct Work {
  Bytes extranonce1;
  Bytes extranonce2;
  uint32_t version = 0;
  uint32_t ntime = 0;
  uint32_t nonce = 0;
};
[[nodiscard]] bitcoin::HeaderBytes header_bytes(const JobView& job, const Work& work);

}  // namespace loka::mining
