#include "tools/sim/pool.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/hex.h"
#include "common/bitcoin/target.h"
#include "common/stratum/limits.h"

namespace loka::sim {

namespace {

// Only the last eight bytes of a long extranonce1 count; the others are zero.
uint64_t number_of(const std::vector<uint8_t>& extranonce1) {
  uint64_t value = 0;
  for (const uint8_t byte : extranonce1) value = value << 8U | byte;
  return value;
}

}  // namespace

Pool::Pool(const PoolOptions& options, size_t shard, Times times, PoolTotals& totals, ShareLog& log)
    : options_(options),
      totals_(totals),
      log_(log),
      maker_(options.seed, options.extranonce1_bytes + options.extranonce2_size),
      random_(options.seed + shard + 1),
      share_target_(bitcoin::target_of_difficulty(options.difficulty)),
      next_extranonce1_(shard) {
  make_job(times);
}

void Pool::make_job(Times times) {
  if (options_.cleans_every_job && !jobs_.empty()) jobs_.back().over = times.now;
  // The first job of a block is kept as clean for newcomers by their first notify; here the flag
  // only says whether everybody has to drop older work.
  PoolJob made = maker_.next(times.unix_s, options_.cleans_every_job);
  while (!jobs_.empty() && (jobs_.size() >= kJobsMax || times.now - jobs_.front().at > kJobLife))
    jobs_.pop_front();
  jobs_.push_back({std::move(made), times.now, Instant::never()});
}

std::optional<std::vector<uint8_t>> Pool::take_extranonce1() {
  const size_t bytes = options_.extranonce1_bytes;
  const uint64_t values = bytes >= 8 ? ~uint64_t{0} : uint64_t{1} << (8 * bytes);
  const uint64_t mine = values / options_.shards;
  if (extranonce1_in_use_.size() >= mine) return std::nullopt;
  uint64_t value = 0;
  do {
    value = next_extranonce1_;
    next_extranonce1_ += options_.shards;
    if (next_extranonce1_ >= values) next_extranonce1_ %= options_.shards;
  } while (extranonce1_in_use_.contains(value));
  extranonce1_in_use_.insert(value);
  std::vector<uint8_t> extranonce1(bytes);
  for (size_t i = 0; i < std::min<size_t>(bytes, 8); ++i)
    extranonce1[bytes - 1 - i] = static_cast<uint8_t>(value >> (8 * i));
  return extranonce1;
}

void Pool::give_back_extranonce1(const std::vector<uint8_t>& extranonce1) {
  extranonce1_in_use_.erase(number_of(extranonce1));
}

bool Pool::may_authorize(std::string_view login) const {
  if (login.empty()) return false;
  if (options_.user.empty()) return true;
  return login.substr(0, login.find_first_of("._")) == options_.user || login == options_.user;
}

const Pool::Issued* Pool::find(std::string_view job_id, uint64_t first_serial) const {
  for (auto job = jobs_.rbegin(); job != jobs_.rend(); ++job)
    if (job->made.job.id == job_id)
      return first_serial != 0 && job->made.serial >= first_serial ? &*job : nullptr;
  return nullptr;
}

Pool::Verdict Pool::judge(const mining::Submit& submit, const Sender& sender, Times times) {
  mining::ShareContext context;
  context.is_subscribed = sender.is_subscribed;
  context.is_authorized = sender.is_authorized;
  context.version_mask = sender.version_mask;
  context.now_s = times.unix_s;
  mining::IssuedJob issued;
  if (const Issued* job = find(submit.job_id, sender.first_serial);
      job != nullptr && times.now - job->at <= kJobLife) {
    issued.job = job->made.job.view();
    issued.extranonce1 = sender.extranonce1;
    issued.extranonce2_size = options_.extranonce2_size;
    issued.share_target = share_target_;
    issued.is_stale = !job->over.is_never() && times.now - job->over > kStaleGrace;
    context.job = &issued;
  }
  const mining::Judgement judgement = mining::judge(submit, context, duplicates_);
  const Verdict verdict = count(judgement);
  if (log_.is_open()) {
    std::array<char, 2 * stratum::kExtranonce1BytesMax> digits;
    const size_t size = hex_encode(sender.extranonce1, digits.data());
    log_.add(submit, {digits.data(), size},
             verdict.is_accepted                         ? "accepted"
             : judgement.reason == mining::Reason::kNone ? "random"
                                                         : mining::name_of(judgement.reason));
  }
  return verdict;
}

Pool::Verdict Pool::refuse_malformed() {
  mining::Judgement judgement;
  judgement.reason = mining::Reason::kMalformed;
  return count(judgement);
}

Pool::Verdict Pool::count(const mining::Judgement& judgement) {
  ++totals_.submits;
  if (judgement.outcome == mining::Outcome::kReject) {
    ++totals_.rejected[static_cast<size_t>(judgement.reason)];
    return {false, mining::code_of(judgement.reason), mining::text_of(judgement.reason)};
  }
  if (options_.reject_rate > 0 && random_.fraction() < options_.reject_rate) {
    ++totals_.rejected_at_random;
    return {false, 20, "Rejected at random"};
  }
  ++totals_.accepted;
  if (judgement.outcome == mining::Outcome::kBlock) ++totals_.blocks;
  return {true, 0, {}};
}

}  // namespace loka::sim
