// Is this submit a share? The seventeen steps of full validation, in the order in which they are
// cheap: form first, hashing after it, the table of duplicates last, so that junk can neither cost
// much nor fill anything. Whoever asks looks up the job and the login; nothing here has state but
// the filter that is passed in.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/base/result.h"
#include "common/bitcoin/sha256d.h"
#include "common/bitcoin/uint256.h"
#include "common/mining/duplicate_filter.h"
#include "common/mining/job.h"
#include "common/stratum/message.h"

namespace loka::mining {

// Why a share is refused; kNone for one that is not.
enum class Reason : uint8_t {
  kNone,
  kMalformed,  // not five or six parameters of the right types
  kNotSubscribed,
  kUnauthorized,
  kJobNotFound,  // never sent on this connection, or too old
  kBadExtranonce2,
  kBadNtime,
  kBadNonce,
  kRollingNotNegotiated,
  kBadVersionBits,
  kNtimeOutOfRange,
  kStale,  // of a block that is over
  kLowDifficulty,
  kDuplicate,
};
inline constexpr size_t kReasons = 14;

// The Stratum error code (20 to 25) and its text; 0 and "" for kNone.
[[nodiscard]] int code_of(Reason reason);
[[nodiscard]] std::string_view text_of(Reason reason);
// A stable name for reports: "low_difficulty".
[[nodiscard]] std::string_view name_of(Reason reason);

// The parameters of a mining.submit, not yet judged. Views as long as those of the message.
struct Submit {
  std::string_view login;
  std::string_view job_id;
  std::string_view extranonce2;
  stratum::Value ntime;  // hex digits, or a JSON number: SRI's sv1 clients write those
  stratum::Value nonce;
  stratum::Value version_bits;  // absent or null: not rolled
};
[[nodiscard]] Result<Submit, Reason> read_submit(const stratum::Message& message);

// A job as it was sent on one connection: what is stored with it then counts now, whatever
// set_difficulty or set_extranonce came later.
struct IssuedJob {
  JobView job;
  Bytes extranonce1;
  size_t extranonce2_size = 0;  // bytes, at most kExtranonce2BytesMax
  bitcoin::Uint256 share_target;
  bool is_stale = false;  // another block was announced since, and the grace is over
};

struct ShareContext {
  bool is_subscribed = false;
  bool is_authorized = false;        // the submit's login, on this connection
  const IssuedJob* job = nullptr;    // null: never sent or dropped
  uint32_t version_mask = 0;         // 0: rolling was not negotiated
  uint32_t grace_mask = 0;           // the mask before this one, while bits of it still count
  std::optional<uint32_t> now_s;     // Unix time; absent: no upper bound from the clock
  uint32_t ntime_ahead_max_s = 600;  // how far ntime may be rolled beyond the job's
};
// No node accepts a block further in the future than this.
inline constexpr uint32_t kNtimeFutureMaxS = 7200;

enum class Outcome : uint8_t { kAccept, kBlock, kReject };

struct Judgement {
  Outcome outcome = Outcome::kReject;
  // For kReject why. For kBlock what would have refused it were it none (stale, low difficulty,
  // duplicate), which must not keep it from being forwarded.
  Reason reason = Reason::kNone;
  bool is_hashed = false;  // whether the following are set
  bitcoin::HeaderBytes header{};
  bitcoin::Hash hash{};
  bitcoin::Uint256 number;  // the hash as a number, to compare with another target
};

// An accepted share, and only that, is put into the filter.
[[nodiscard]] Judgement judge(const Submit& submit, const ShareContext& context,
                              DuplicateFilter& duplicates);

}  // namespace loka::mining
