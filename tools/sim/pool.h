// The part of a simulated pool that all its connections share: the jobs that may still be
// submitted, the shares that were, the extranonces given out, the books. Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "common/base/time.h"
#include "common/bitcoin/uint256.h"
#include "common/mining/duplicate_filter.h"
#include "common/mining/share.h"
#include "tools/sim/job_maker.h"
#include "tools/sim/options.h"
#include "tools/sim/pool_totals.h"
#include "tools/sim/random.h"
#include "tools/sim/share_log.h"

namespace loka::sim {

struct Times {
  Instant now;
  uint32_t unix_s = 0;
};

class Pool {
 public:
  // Jobs are forgotten after this time; a share of a block that is over counts for the grace,
  // because it was on its way when the new block was announced.
  static constexpr Duration kJobLife = Duration::minutes(10);
  static constexpr Duration kStaleGrace = Duration::seconds(5);
  static constexpr size_t kJobsMax = 64;
  // Shares that are known to be duplicates at least: the jobs' life at 1,700 shares a second.
  static constexpr size_t kSharesRemembered = size_t{1} << 20U;

  // shard: 0 … options.shards - 1; each has extranonces of its own and the same jobs. The books are
  // kept in `totals` and written to `log`; both outlive the pool. The first job is made here.
  Pool(const PoolOptions& options, size_t shard, Times times, PoolTotals& totals, ShareLog& log);

  [[nodiscard]] const PoolOptions& options() const { return options_; }
  [[nodiscard]] PoolTotals& totals() { return totals_; }

  void make_job(Times times);
  [[nodiscard]] const PoolJob& newest_job() const { return jobs_.back().made; }

  // Big-endian; nullopt when every value of that many bytes is in use.
  [[nodiscard]] std::optional<std::vector<uint8_t>> take_extranonce1();
  void give_back_extranonce1(const std::vector<uint8_t>& extranonce1);

  [[nodiscard]] bool may_authorize(std::string_view login) const;

  // One submit, as a connection knows it. first_serial: the oldest job that it was sent.
  struct Sender {
    bool is_subscribed = false;
    bool is_authorized = false;
    const std::vector<uint8_t>& extranonce1;
    uint64_t first_serial = 0;
    uint32_t version_mask = 0;
  };
  struct Verdict {
    bool is_accepted = false;
    int code = 0;
    std::string_view text;
  };
  // Judges it and enters it in the books.
  Verdict judge(const mining::Submit& submit, const Sender& sender, Times times);
  // A submit that is not even one.
  Verdict refuse_malformed();

 private:
  struct Issued {
    PoolJob made;
    Instant at;
    Instant over;  // when another block was announced
  };
  [[nodiscard]] const Issued* find(std::string_view job_id, uint64_t first_serial) const;
  Verdict count(const mining::Judgement& judgement);

  const PoolOptions& options_;
  PoolTotals& totals_;
  ShareLog& log_;
  JobMaker maker_;
  Random random_;
  bitcoin::Uint256 share_target_;
  std::deque<Issued> jobs_;  // oldest first
  mining::DuplicateFilter duplicates_{kSharesRemembered};
  uint64_t next_extranonce1_;
  std::unordered_set<uint64_t> extranonce1_in_use_;
};

}  // namespace loka::sim
