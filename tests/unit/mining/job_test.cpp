#include "common/mining/job.h"

#include <string>

#include <doctest/doctest.h>

#include "common/base/hex.h"
#include "tests/unit/mining/wire.h"

using loka::mining::JobError;
using loka::mining::read_job;
using loka::test::Wire;

namespace {

const std::string kHash(64, 'a');

// The eight fixed parameters and whatever stands behind them.
std::string notify(const std::string& branch, const std::string& behind = ",true",
                   const std::string& numbers = R"("20000000","17034219","6625406b")") {
  return R"(["6625a3d5",")" + kHash + R"(","0100","ffff",)" + branch + "," + numbers + behind + "]";
}

loka::Result<loka::mining::Job, JobError> read(const std::string& params) {
  const Wire wire("mining.notify", params);
  return read_job(wire.message(), wire.line());
}

JobError error_of(const std::string& params) {
  const auto job = read(params);
  REQUIRE_FALSE(job.has_value());
  return job.error();
}

}  // namespace

TEST_CASE("job: all fields of a notify are read") {
  const auto job = read(notify(R"([ ")" + kHash + R"(" , ")" + std::string(64, 'B') + R"("])"));
  REQUIRE(job.has_value());
  CHECK(job->id == "6625a3d5");
  CHECK(loka::hex_encode(job->prevhash) == kHash);
  CHECK(job->coinb1 == std::vector<uint8_t>{1, 0});
  CHECK(job->coinb2 == std::vector<uint8_t>{0xff, 0xff});
  REQUIRE(job->merkle_branch.size() == 2);
  CHECK(loka::hex_encode(job->merkle_branch[1]) == std::string(64, 'b'));
  CHECK(job->version == 0x20000000);
  CHECK(job->nbits == 0x17034219);
  CHECK(job->ntime == 0x6625406b);
  CHECK(job->clean_jobs);
  CHECK(job->network_target.text() ==
        "0000000000000000000342190000000000000000000000000000000000000000");
}

TEST_CASE("job: deviations that pools have are read as miners read them") {
  CHECK(read(notify("[]", ""))->clean_jobs == false);
  CHECK(read(notify("[]", ",1"))->clean_jobs);
  CHECK(read(notify("[]", R"(,"true")"))->clean_jobs);
  CHECK(read(notify("[]", ",0"))->clean_jobs == false);
  CHECK(read(notify("[]", ",false,7,[1]"))->clean_jobs == false);
  CHECK(read(notify("null"))->merkle_branch.empty());
  CHECK(read(notify("[ ]"))->merkle_branch.empty());
  CHECK(read(notify("[]", "", R"("2","17034219","6625406b")"))->version == 2);
}

TEST_CASE("job: each malformed field is named") {
  CHECK(error_of(R"(["1","2"])") == JobError::kTooFewParams);
  std::string text = notify("[]");
  CHECK(error_of(text.replace(1, 10, "17")) == JobError::kBadJobId);
  text = notify("[]");
  CHECK(error_of(text.replace(2, 8, "")) == JobError::kBadJobId);
  text = notify("[]");
  CHECK(error_of(text.replace(2, 8, std::string(65, 'j'))) == JobError::kBadJobId);
  text = notify("[]");
  CHECK(error_of(text.replace(13, 2, "")) == JobError::kBadPrevhash);
  text = notify("[]");
  CHECK(error_of(text.replace(text.find("0100"), 4, "010")) == JobError::kBadCoinbase);
  text = notify("[]");
  CHECK(error_of(text.replace(text.find("\"ffff\""), 6, "[1]")) == JobError::kBadCoinbase);
  CHECK(error_of(notify("[]", "", R"("","17034219","6625406b")")) == JobError::kBadVersion);
  CHECK(error_of(notify("[]", "", R"("20000000","1703421","6625406b")")) == JobError::kBadNbits);
  CHECK(error_of(notify("[]", "", R"("20000000","23000001","6625406b")")) == JobError::kBadNbits);
  CHECK(error_of(notify("[]", "", R"("20000000","17034219",1)")) == JobError::kBadNtime);
}

TEST_CASE("job: a branch is an array of at most 32 hashes and nothing else") {
  const std::string hash = "\"" + kHash + "\"";
  std::string full = hash;
  for (int i = 1; i < 32; ++i) full += "," + hash;
  CHECK(read(notify("[" + full + "]"))->merkle_branch.size() == 32);
  CHECK(error_of(notify("[" + full + "," + hash + "]")) == JobError::kBadMerkleBranch);
  for (const std::string branch :
       {"\"\"", "{}", "true", "[1]", "[null]", "[[]]", "[\"\"]", "[\"ab\"]"})
    CHECK(error_of(notify(branch)) == JobError::kBadMerkleBranch);
  CHECK(error_of(notify("[" + hash + ",1]")) == JobError::kBadMerkleBranch);
  CHECK(error_of(notify("[1," + hash + "]")) == JobError::kBadMerkleBranch);
  CHECK(error_of(notify("[[" + hash + "]]")) == JobError::kBadMerkleBranch);
  CHECK(error_of(notify(R"(["\u0061)" + kHash.substr(1) + "\"]")) == JobError::kBadMerkleBranch);
}
