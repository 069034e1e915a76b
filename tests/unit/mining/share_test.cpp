#include "common/mining/share.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "common/base/hex.h"
#include "common/bitcoin/target.h"
#include "tests/unit/bitcoin/vectors.h"
#include "tests/unit/mining/wire.h"

using namespace loka::mining;
using loka::bitcoin::Uint256;
using loka::test::text_of;
using loka::test::Wire;

namespace {

std::string json(const rapidjson::Value& value) {
  rapidjson::StringBuffer text;
  rapidjson::Writer<rapidjson::StringBuffer> writer(text);
  value.Accept(writer);
  return text.GetString();
}

const rapidjson::Value& vector_named(std::string_view name) {
  for (const auto& share : loka::test::vectors()["shares"].GetArray())
    if (text_of(share, "name") == name) return share;
  FAIL("no such vector: " << name);
  return loka::test::vectors();
}

// One vector as a session would see it: its notify parsed from a line, its submit too.
struct Case {
  explicit Case(const rapidjson::Value& share)
      : notify("mining.notify", json(share["notify"])),
        submit("mining.submit", json(share["submit"])),
        job(read_job(notify.message(), notify.line()).value()),
        extranonce1(text_of(share, "extranonce1").size() / 2) {
    REQUIRE(loka::hex_decode(text_of(share, "extranonce1"), extranonce1));
    issued.job = job.view();
    issued.extranonce1 = extranonce1;
    issued.extranonce2_size = share["extranonce2_size"].GetUint();
    issued.share_target = target_of(share);
    context.is_subscribed = context.is_authorized = true;
    if (submit.message().param[1].text == job.id) context.job = &issued;
    if (share["version_mask"].IsString())
      context.version_mask = loka::hex_u32(text_of(share, "version_mask")).value();
    if (share.HasMember("now")) context.now_s = share["now"].GetUint();
  }

  static Uint256 target_of(const rapidjson::Value& share) {
    if (share["difficulty"].IsNull()) return Uint256::parse(text_of(share, "share_target")).value();
    return loka::bitcoin::target_of_difficulty_text(json(share["difficulty"])).value();
  }

  Judgement judge() {
    return loka::mining::judge(read_submit(submit.message()).value(), context, duplicates);
  }
  Judgement judge(const std::string& params) {
    const Wire other("mining.submit", params);
    return loka::mining::judge(read_submit(other.message()).value(), context, duplicates);
  }

  Wire notify;
  Wire submit;
  Job job;
  std::vector<uint8_t> extranonce1;
  IssuedJob issued;
  ShareContext context;
  DuplicateFilter duplicates{16};
};

// A valid submit of "valid-en2-4-no-rolling" with one field exchanged.
std::string with(size_t index, const std::string& value) {
  std::vector<std::string> fields{R"("farm.rig1")", R"("6625a3d5")", R"("0000002a")",
                                  R"("6625406b")", R"("001d504a")"};
  if (index == fields.size())
    fields.push_back(value);
  else
    fields[index] = value;
  std::string text = "[";
  for (const std::string& field : fields) text += (text.size() > 1 ? "," : "") + field;
  return text + "]";
}

Case valid() { return Case(vector_named("valid-en2-4-no-rolling")); }

std::string_view name_of(Outcome outcome) {
  return outcome == Outcome::kAccept ? "accept" : outcome == Outcome::kBlock ? "block" : "reject";
}

}  // namespace

TEST_CASE("share: all 32 vectors end as they must, with the hash they must have") {
  int count = 0;
  for (const auto& share : loka::test::vectors()["shares"].GetArray()) {
    const std::string name(text_of(share, "name"));
    CAPTURE(name);
    ++count;
    Case one(share);
    const auto& expect = share["expect"];
    if (expect.HasMember("after"))
      for (const auto& earlier : expect["after"].GetArray()) {
        Case first(vector_named(earlier.GetString()));
        const Judgement judgement = first.judge();
        REQUIRE(judgement.outcome == Outcome::kAccept);
        REQUIRE(one.duplicates.insert(judgement.hash));
      }
    const Judgement judgement = one.judge();
    CHECK(name_of(judgement.outcome) == text_of(expect, "outcome"));
    if (expect["error_code"].IsInt())
      CHECK(code_of(judgement.reason) == expect["error_code"].GetInt());
    if (judgement.is_hashed) {
      CHECK(loka::hex_encode(judgement.header) == text_of(share["derived"], "header_hex"));
      CHECK(loka::hex_encode(judgement.hash) == text_of(share["derived"], "hash_internal"));
      CHECK((judgement.number <= one.issued.share_target) ==
            share["derived"]["hash_meets_share_target"].GetBool());
    }
  }
  CHECK(count == 32);
}

TEST_CASE("share: the steps are taken in their order, so the first that fails names the reason") {
  Case one = valid();
  one.issued.share_target = Uint256{};
  // Everything is wrong; mended one by one, the next is found.
  const std::string bad = R"(["farm.rig1","6625a3d5","2a","x","y","z"])";
  one.context = ShareContext{};
  CHECK(one.judge(bad).reason == Reason::kNotSubscribed);
  one.context.is_subscribed = true;
  CHECK(one.judge(bad).reason == Reason::kUnauthorized);
  one.context.is_authorized = true;
  CHECK(one.judge(bad).reason == Reason::kJobNotFound);
  one.context.job = &one.issued;
  CHECK(one.judge(bad).reason == Reason::kBadExtranonce2);
  CHECK(one.judge(R"(["","","0000002a","x","y","z"])").reason == Reason::kBadNtime);
  CHECK(one.judge(R"(["","","0000002a","1","y","z"])").reason == Reason::kBadNonce);
  CHECK(one.judge(R"(["","","0000002a","1","1","z"])").reason == Reason::kBadVersionBits);
  CHECK(one.judge(R"(["","","0000002a","1","1","1"])").reason == Reason::kRollingNotNegotiated);
  CHECK(one.judge(R"(["","","0000002a","1","1","0"])").reason == Reason::kNtimeOutOfRange);
  one.issued.is_stale = true;
  CHECK(one.judge(with(5, R"("00000000")")).reason == Reason::kStale);
  one.issued.is_stale = false;
  CHECK(one.judge(with(5, R"("00000000")")).reason == Reason::kLowDifficulty);
}

TEST_CASE("share: what is refused leaves no trace among the duplicates") {
  Case one = valid();
  const Uint256 target = one.issued.share_target;
  one.issued.share_target = Uint256{};
  CHECK(one.judge().reason == Reason::kLowDifficulty);
  one.issued.share_target = target;
  one.issued.is_stale = true;
  CHECK(one.judge().reason == Reason::kStale);
  one.issued.is_stale = false;
  CHECK(one.judge().outcome == Outcome::kAccept);
  CHECK(one.judge().reason == Reason::kDuplicate);
}

TEST_CASE(
    "share: a block stays a block when stale, too easy for the share target, or a repetition") {
  Case one(vector_named("real-block170-en2-4-one-branch"));
  one.issued.is_stale = true;
  CHECK(one.judge().outcome == Outcome::kBlock);
  CHECK(one.judge().reason == Reason::kStale);
  one.issued.is_stale = false;
  CHECK(one.judge().reason == Reason::kNone);
  CHECK(one.judge().outcome == Outcome::kBlock);
  CHECK(one.judge().reason == Reason::kDuplicate);
  one.issued.share_target = Uint256{};
  CHECK(one.judge().outcome == Outcome::kBlock);
  CHECK(one.judge().reason == Reason::kLowDifficulty);
}

TEST_CASE("share: ntime may be rolled from the job's to 600 s ahead, and never beyond the clock") {
  Case one = valid();
  one.issued.share_target = Uint256::max();
  const auto outcome = [&](const char* ntime) { return one.judge(with(3, ntime)).outcome; };
  CHECK(outcome(R"("6625406a")") == Outcome::kReject);
  CHECK(outcome(R"("6625406b")") == Outcome::kAccept);
  CHECK(outcome(R"("662542c3")") == Outcome::kAccept);  // + 600
  CHECK(outcome(R"("662542c4")") == Outcome::kReject);
  one.context.ntime_ahead_max_s = 100000;
  one.context.now_s = 0x6625406b;
  CHECK(outcome(R"("66255c8b")") == Outcome::kAccept);  // + 7200
  CHECK(outcome(R"("66255c8c")") == Outcome::kReject);
}

TEST_CASE("share: a window at the end of 32 bits does not wrap") {
  Case one = valid();
  one.issued.share_target = Uint256::max();
  one.issued.job.ntime = 0xfffffff0;
  one.context.now_s = 0xffffffff;
  CHECK(one.judge(with(3, R"("ffffffff")")).outcome == Outcome::kAccept);
  CHECK(one.judge(with(3, R"("00000001")")).reason == Reason::kNtimeOutOfRange);
}

TEST_CASE("share: JSON numbers are read for ntime and nonce, when they fit 32 bits") {
  CHECK(valid().judge(with(3, "1713717355")).outcome == Outcome::kAccept);
  CHECK(valid().judge(with(4, "1921098")).outcome == Outcome::kAccept);  // 0x1d504a
  CHECK(valid().judge(with(3, "4294967296")).reason == Reason::kBadNtime);
  CHECK(valid().judge(with(4, "-1")).reason == Reason::kBadNonce);
  CHECK(valid().judge(with(4, "1.5")).reason == Reason::kBadNonce);
}

TEST_CASE("share: hex of wrong length or with a prefix or blanks is refused") {
  for (const char* bad :
       {R"("")", R"("0x1d504a")", R"("001d504a0")", R"(" 01d504a")", R"("1d504g")"})
    CHECK(valid().judge(with(4, bad)).reason == Reason::kBadNonce);
  for (const char* bad : {R"("")", R"("2a")", R"("0000002a00")", R"("0x00002a")", R"("000000 2a")"})
    CHECK(valid().judge(with(2, bad)).reason == Reason::kBadExtranonce2);
}

TEST_CASE("share: bits of the mask before count during the grace") {
  Case one(vector_named("valid-en2-8-version-rolling"));
  one.context.version_mask = 0x00004000;
  CHECK(one.judge().reason == Reason::kBadVersionBits);
  one.context.grace_mask = 0x1fffe000;
  CHECK(one.judge().outcome == Outcome::kAccept);
}

TEST_CASE("share: a submit has five or six parameters of the right types") {
  for (const char* bad :
       {"[]", R"(["a","b","c","d"])", R"([1,"b","c","d","e"])", R"(["a",null,"c","d","e"])",
        R"(["a","b",7,"d","e"])", R"(["a","b","c",[],"e"])", R"(["a","b","c","d",{}])"}) {
    const Wire wire("mining.submit", bad);
    const auto submit = read_submit(wire.message());
    REQUIRE_FALSE(submit.has_value());
    CHECK(submit.error() == Reason::kMalformed);
  }
  const Wire wire("mining.submit", R"(["a",17,"c","d","e",null])");
  const auto submit = read_submit(wire.message());
  REQUIRE(submit.has_value());
  CHECK(submit->job_id == "17");
  CHECK(submit->version_bits.is_null());
}

TEST_CASE("share: every reason has its customary code") {
  CHECK(code_of(Reason::kJobNotFound) == 21);
  CHECK(code_of(Reason::kStale) == 21);
  CHECK(code_of(Reason::kDuplicate) == 22);
  CHECK(code_of(Reason::kLowDifficulty) == 23);
  CHECK(code_of(Reason::kUnauthorized) == 24);
  CHECK(code_of(Reason::kNotSubscribed) == 25);
  CHECK(code_of(Reason::kMalformed) == 20);
  CHECK(loka::mining::name_of(Reason::kLowDifficulty) == "low_difficulty");
  CHECK(text_of(Reason::kJobNotFound) == "Job not found");
}
