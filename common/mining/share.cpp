#include "common/mining/share.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "common/base/check.h"
#include "common/base/hex.h"
#include "common/bitcoin/block_header.h"
#include "common/stratum/limits.h"

namespace loka::mining {

namespace {

using stratum::Type;
using stratum::Value;

struct ReasonRow {
  int code;
  std::string_view text;
  std::string_view name;
};

// Codes 21 to 25 have their customary texts, because firmwares and pools search for them.
constexpr std::array<ReasonRow, kReasons> kReasonTable{{
    {0, "", "none"},
    {20, "Malformed submit", "malformed"},
    {25, "Not subscribed", "not_subscribed"},
    {24, "Unauthorized worker", "unauthorized"},
    {21, "Job not found", "job_not_found"},
    {20, "Invalid extranonce2", "bad_extranonce2"},
    {20, "Invalid ntime", "bad_ntime"},
    {20, "Invalid nonce", "bad_nonce"},
    {20, "Version rolling not negotiated", "rolling_not_negotiated"},
    {20, "Invalid version bits", "bad_version_bits"},
    {20, "Ntime out of range", "ntime_out_of_range"},
    {21, "Stale share", "stale"},
    {23, "Low difficulty share", "low_difficulty"},
    {22, "Duplicate share", "duplicate"},
}};

// 1 to 8 hex digits, NerdMiner leaves leading zeros out; or a JSON integer.
std::optional<uint32_t> read_u32(const Value& value) {
  if (value.type == Type::kString) return hex_u32(value.text);
  if (value.type != Type::kNumber) return std::nullopt;
  uint32_t number = 0;
  const char* end = value.text.data() + value.text.size();
  const auto [at, error] = std::from_chars(value.text.data(), end, number);
  if (error != std::errc() || at != end) return std::nullopt;
  return number;
}

// What steps 5 to 9 made of the fields.
struct Fields {
  std::array<uint8_t, stratum::kExtranonce2BytesMax> extranonce2{};
  uint32_t version = 0;
  uint32_t ntime = 0;
  uint32_t nonce = 0;
};

Result<uint32_t, Reason> header_version(const Submit& submit, const ShareContext& context) {
  const uint32_t job_version = context.job->job.version;
  if (submit.version_bits.is_null()) return job_version;
  const auto bits =
      submit.version_bits.type == Type::kString ? hex_u32(submit.version_bits.text) : std::nullopt;
  if (!bits) return Error(Reason::kBadVersionBits);
  if (context.version_mask == 0 && context.grace_mask == 0 && *bits != 0)
    return Error(Reason::kRollingNotNegotiated);
  if (const auto version = bitcoin::rolled_version(job_version, context.version_mask, *bits))
    return *version;
  if (const auto version = bitcoin::rolled_version(job_version, context.grace_mask, *bits))
    return *version;
  return Error(Reason::kBadVersionBits);
}

bool is_in_window(uint32_t ntime, const ShareContext& context) {
  const uint64_t begin = context.job->job.ntime;
  uint64_t end = begin + context.ntime_ahead_max_s;
  if (context.now_s) end = std::min(end, uint64_t{*context.now_s} + kNtimeFutureMaxS);
  return ntime >= begin && ntime <= end;
}

// Steps 2 to 9: cheap, without hashing; the filter against floods.
Result<Fields, Reason> check_form(const Submit& submit, const ShareContext& context) {
  if (!context.is_subscribed) return Error(Reason::kNotSubscribed);
  if (!context.is_authorized) return Error(Reason::kUnauthorized);
  if (context.job == nullptr) return Error(Reason::kJobNotFound);
  const IssuedJob& job = *context.job;
  Fields fields;
  CHECK(job.extranonce2_size <= fields.extranonce2.size());
  if (!hex_decode(submit.extranonce2, std::span(fields.extranonce2).first(job.extranonce2_size)))
    return Error(Reason::kBadExtranonce2);
  const auto ntime = read_u32(submit.ntime);
  if (!ntime) return Error(Reason::kBadNtime);
  fields.ntime = *ntime;
  const auto nonce = read_u32(submit.nonce);
  if (!nonce) return Error(Reason::kBadNonce);
  fields.nonce = *nonce;
  const auto version = header_version(submit, context);
  if (!version) return Error(version.error());
  fields.version = *version;
  if (!is_in_window(fields.ntime, context)) return Error(Reason::kNtimeOutOfRange);
  return fields;
}

// Steps 13 to 16, of which only the last may touch the filter.
Reason weigh(const IssuedJob& job, const Judgement& judgement, DuplicateFilter& duplicates) {
  if (job.is_stale) return Reason::kStale;
  if (judgement.number > job.share_target) return Reason::kLowDifficulty;
  if (!duplicates.insert(judgement.hash)) return Reason::kDuplicate;
  return Reason::kNone;
}

}  // namespace

int code_of(Reason reason) { return kReasonTable[static_cast<size_t>(reason)].code; }
std::string_view text_of(Reason reason) { return kReasonTable[static_cast<size_t>(reason)].text; }
std::string_view name_of(Reason reason) { return kReasonTable[static_cast<size_t>(reason)].name; }

Result<Submit, Reason> read_submit(const stratum::Message& message) {
  const auto& param = message.param;
  if (message.param_count < 5) return Error(Reason::kMalformed);
  const auto is_number = [](const Value& value) {
    return value.type == Type::kString || value.type == Type::kNumber;
  };
  // A job id that a client turned into a number is compared by its digits.
  if (param[0].type != Type::kString || !is_number(param[1]) || param[2].type != Type::kString ||
      !is_number(param[3]) || !is_number(param[4]))
    return Error(Reason::kMalformed);
  return Submit{param[0].text, param[1].text, param[2].text, param[3], param[4], param[5]};
}

Judgement judge(const Submit& submit, const ShareContext& context, DuplicateFilter& duplicates) {
  Judgement judgement;
  const auto fields = check_form(submit, context);
  if (!fields) {
    judgement.reason = fields.error();
    return judgement;
  }
  const IssuedJob& job = *context.job;
  const Bytes extranonce2 = Bytes(fields->extranonce2).first(job.extranonce2_size);
  judgement.header = header_bytes(
      job.job, {job.extranonce1, extranonce2, fields->version, fields->ntime, fields->nonce});
  judgement.hash = bitcoin::sha256d(judgement.header);
  judgement.number = bitcoin::Uint256::from_little_endian(judgement.hash);
  judgement.is_hashed = true;
  judgement.reason = weigh(job, judgement, duplicates);
  if (judgement.number <= job.job.network_target)
    judgement.outcome = Outcome::kBlock;
  else if (judgement.reason == Reason::kNone)
    judgement.outcome = Outcome::kAccept;
  return judgement;
}

}  // namespace loka::mining
