// One simulated miner: speaks Stratum as a careful firmware does, and finds its shares by hashing.
// Pure: lines in, lines out, no socket and no clock. It outlives its connections, because it must
// never submit a header twice, on whichever of them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/bitcoin/block_header.h"
#include "common/bitcoin/target.h"
#include "common/mining/job.h"
#include "common/stratum/parse.h"
#include "tools/sim/farm_totals.h"
#include "tools/sim/open_submits.h"
#include "tools/sim/options.h"
#include "tools/sim/random.h"

namespace loka::sim {

class Miner {
 public:
  // options outlive the miner. seed: decides where its extranonce2 begins and which version bits it
  // rolls.
  Miner(const FarmOptions& options, std::string login, uint64_t seed);

  // A fresh connection: the first request, or with --pipeline all of them.
  void begin(std::string& output);
  // The connection has gone; returns how many submits will now never be answered.
  size_t end(FarmTotals& totals);

  // What came of a line, for whoever paces the miners.
  enum class Event {
    kNothing,
    kReady,     // may submit from now on
    kAnswered,  // to a submit
  };
  // now: when the line was read, for latencies.
  Event handle(std::string_view line, stratum::Parser& parser, Instant now, FarmTotals& totals,
               std::string& output);

  // Authorised and with a job.
  [[nodiscard]] bool is_ready() const {
    return step_ == Step::kDone && is_subscribed_ && is_authorized_ && job_.has_value();
  }
  [[nodiscard]] size_t open_submits() const { return open_.size(); }
  [[nodiscard]] bool can_submit() const { return is_ready() && !open_.is_full(); }

  // Tries up to `hashes` nonces, fewer are left in it; true when a share was found. Goes on where
  // it stopped the last time. Needs can_submit().
  bool search(size_t& hashes);
  // Writes the submit of the share that search() found.
  void submit(Instant now, FarmTotals& totals, std::string& output);

  [[nodiscard]] const std::string& login() const { return login_; }

 private:
  // In this order; a step begins when the one before is answered, or all at once.
  enum class Step : uint8_t { kConfigure, kSubscribe, kAuthorize, kExtranonce, kDone };

  void request(Step step, std::string& output);
  void advance(std::string& output);
  [[nodiscard]] bool is_wanted(Step step) const;
  Event handle_answer(const stratum::Message& message, std::string_view line, Instant now,
                      FarmTotals& totals, std::string& output);
  void handle_step_answer(Step step, const stratum::Message& message, std::string_view line,
                          FarmTotals& totals);
  static void count_verdict(const stratum::Message& message, std::string_view line,
                            FarmTotals& totals);
  // False when its parameters cannot be used.
  [[nodiscard]] bool handle_request(const stratum::Message& message, std::string_view line,
                                    FarmTotals& totals);
  [[nodiscard]] bool take_job(const stratum::Message& message, std::string_view line);
  void take_configure_result(std::string_view result);
  [[nodiscard]] bool take_subscribe_result(std::string_view result);
  [[nodiscard]] bool take_extranonce(const stratum::Message& message);
  void take_version_mask(uint32_t mask);
  void begin_work();

  const FarmOptions& options_;
  std::string login_;
  std::string escaped_login_;  // as it stands in JSON
  Random random_;
  uint64_t next_id_ = 1;  // never reset, like cgminer's

  // Of the connection.
  Step step_ = Step::kDone;
  std::array<uint64_t, 4> step_ids_{};  // of requests that wait for their answer; 0: none
  bool is_subscribed_ = false;
  bool is_authorized_ = false;
  bool is_rolling_ = false;
  uint32_t version_mask_ = 0;
  OpenSubmits open_;
  struct Extranonce {
    std::vector<uint8_t> extranonce1;
    size_t extranonce2_size = 0;
  };
  Extranonce extranonce_;                      // of the job
  std::optional<Extranonce> next_extranonce_;  // from the next job on
  bitcoin::Uint256 next_target_ = bitcoin::kDifficultyOneTarget;

  // The job, and what is being hashed of it.
  std::optional<mining::Job> job_;
  std::string escaped_job_id_;
  bitcoin::Uint256 target_;
  bool has_work_ = false;
  uint64_t extranonce2_ = 0;  // a counter that goes on over jobs and connections
  std::vector<uint8_t> extranonce2_bytes_;
  uint32_t version_bits_ = 0;
  bitcoin::HeaderBytes header_{};
  uint64_t nonce_ = 0;  // the next to try; 2^32 when all were
};

}  // namespace loka::sim
