// Makes jobs as a pool of today would: a plausible coinbase, a dozen merkle branches, and a network
// target so hard that no share is ever a block. Pure: the same seed, the same jobs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "common/mining/job.h"
#include "tools/sim/random.h"

namespace loka::sim {

struct PoolJob {
  mining::Job job;
  uint64_t serial = 0;       // 1 for the first
  uint64_t block = 0;        // the same for jobs with the same prevhash
  std::string notify;        // the line that announces it, newline included
  std::string notify_clean;  // the same with clean_jobs = true
};

class JobMaker {
 public:
  // extranonce_bytes: extranonce1 and extranonce2 together; the coinbase has a hole of that size.
  JobMaker(uint64_t seed, size_t extranonce_bytes);

  // ntime: seconds since 1970. Every job differs from all before it in its coinbase, so miners that
  // begin their extranonce2 anew cannot repeat a header. is_new_block: another prevhash, and the
  // notify asks for clean jobs.
  [[nodiscard]] PoolJob next(uint32_t ntime, bool is_new_block);

 private:
  [[nodiscard]] std::vector<uint8_t> coinb1(uint32_t ntime) const;
  [[nodiscard]] static std::vector<uint8_t> coinb2();
  bitcoin::Hash random_hash();

  Random random_;
  size_t extranonce_bytes_;
  uint64_t serial_ = 0;
  uint64_t block_ = 0;
  bitcoin::Hash prevhash_{};
};

}  // namespace loka::sim
