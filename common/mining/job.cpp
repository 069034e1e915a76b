#include "common/mining/job.h"

#include <optional>

#include "common/base/hex.h"
#include "common/bitcoin/merkle.h"
#include "common/bitcoin/target.h"
#include "common/stratum/limits.h"

namespace loka::mining {

namespace {

using stratum::Type;
using stratum::Value;

bool read_bytes(const Value& value, std::vector<uint8_t>& out) {
  if (value.type != Type::kString || value.text.size() % 2 != 0) return false;
  out.resize(value.text.size() / 2);
  return hex_decode(value.text, out);
}

std::optional<uint32_t> read_u32(const Value& value, size_t digits_min) {
  if (value.type != Type::kString || value.text.size() < digits_min) return std::nullopt;
  return hex_u32(value.text);
}

// Cuts the next piece off `text`, up to and without `end`.
std::optional<std::string_view> cut(std::string_view& text, char end) {
  const size_t at = text.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view piece = text.substr(0, at);
  text.remove_prefix(at + 1);
  return piece;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t") == std::string_view::npos;
}

// The branch is the only nested array of a notify, so it is read from its own text, which the
// parser has found to be JSON: strings between quotes, separated by commas. A hash spelled with
// escapes is not understood, and no pool writes such.
bool read_branch(const Value& value, std::string_view line, std::vector<bitcoin::Hash>& out) {
  if (value.is_null()) return true;
  if (value.type != Type::kArray) return false;
  std::string_view text = value.span.of(line);
  text.remove_prefix(1);
  text.remove_suffix(1);
  if (is_blank(text)) return true;
  while (true) {
    const auto before = cut(text, '"');
    const auto digits = cut(text, '"');
    if (!before || !digits || !is_blank(*before) || out.size() == kMerkleBranchMax) return false;
    if (!hex_decode(*digits, out.emplace_back())) return false;
    if (is_blank(text)) return true;
    const auto behind = cut(text, ',');
    if (!behind || !is_blank(*behind)) return false;
  }
}

bool read_clean_jobs(const Value& value) {
  return value.type == Type::kTrue || value.text == "1" || value.text == "true";
}

}  // namespace

JobView Job::view() const {
  return {prevhash, coinb1, coinb2, merkle_branch, version, nbits, ntime, network_target};
}

Result<Job, JobError> read_job(const stratum::Message& notify, std::string_view line) {
  if (notify.param_count < 8) return Error(JobError::kTooFewParams);
  const auto& param = notify.param;
  Job job;

  if (param[0].type != Type::kString || param[0].text.empty() ||
      param[0].text.size() > stratum::kJobIdBytesMax)
    return Error(JobError::kBadJobId);
  job.id = param[0].text;

  const auto prevhash = bitcoin::parse_prevhash(param[1].text);
  if (param[1].type != Type::kString || !prevhash) return Error(JobError::kBadPrevhash);
  job.prevhash = *prevhash;

  if (!read_bytes(param[2], job.coinb1) || !read_bytes(param[3], job.coinb2))
    return Error(JobError::kBadCoinbase);
  if (!read_branch(param[4], line, job.merkle_branch)) return Error(JobError::kBadMerkleBranch);

  const auto version = read_u32(param[5], 1);
  if (!version) return Error(JobError::kBadVersion);
  job.version = *version;
  const auto nbits = read_u32(param[6], 8);
  const auto network_target = nbits ? bitcoin::target_of_nbits(*nbits) : std::nullopt;
  if (!network_target) return Error(JobError::kBadNbits);
  job.nbits = *nbits;
  job.network_target = *network_target;
  const auto ntime = read_u32(param[7], 8);
  if (!ntime) return Error(JobError::kBadNtime);
  job.ntime = *ntime;
  job.clean_jobs = read_clean_jobs(param[8]);
  return job;
}

bitcoin::HeaderBytes header_bytes(const JobView& job, const Work& work) {
  const bitcoin::Hash coinbase =
      bitcoin::sha256d({job.coinb1, work.extranonce1, work.extranonce2, job.coinb2});
  bitcoin::BlockHeader header;
  header.version = work.version;
  header.prevhash = job.prevhash;
  header.merkle_root = bitcoin::merkle_root(coinbase, job.merkle_branch);
  header.ntime = work.ntime;
  header.nbits = job.nbits;
  header.nonce = work.nonce;
  return header.serialize();
}

std::string_view describe(JobError error) {
  switch (error) {
    case JobError::kTooFewParams:
      return "fewer than eight parameters";
    case JobError::kBadJobId:
      return "the job id is no string of 1 to 64 bytes";
    case JobError::kBadPrevhash:
      return "prevhash is not 64 hex digits";
    case JobError::kBadCoinbase:
      return "a part of the coinbase is not hex";
    case JobError::kBadMerkleBranch:
      return "the merkle branch is no array of at most 32 hashes";
    case JobError::kBadVersion:
      return "version is not 1 to 8 hex digits";
    case JobError::kBadNbits:
      return "nbits is not 8 hex digits of a possible target";
    case JobError::kBadNtime:
      return "ntime is not 8 hex digits";
  }
  return "unknown";
}

}  // namespace loka::mining
