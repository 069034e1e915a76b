#include "common/stratum/reject.h"

#include "tests/unit/stratum/fixture.h"

using namespace loka::stratum;

namespace {

// "code text → class", as pools send it.
std::string told(std::string_view members) {
  Fixture f;
  const std::string line = "{\"id\":7," + std::string(members) + "}";
  const Message message = f.good(line);
  const auto reject = reject_of(message, line);
  if (!reject) return "none";
  return std::to_string(reject->code) + " " + std::string(reject->text.view()) + " -> " +
         std::string(name_of(classify(*reject)));
}

}  // namespace

TEST_CASE("reject: every error shape becomes code, text and class") {
  CHECK(told("\"result\":null,\"error\":[21,\"Job not found\",null]") ==
        "21 Job not found -> stale");
  CHECK(told("\"result\":false,\"error\":[22,\"Duplicate share\"]") ==
        "22 Duplicate share -> duplicate");
  CHECK(told("\"error\":[\"23\",\"x\",null]") == "23 x -> low_difficulty");
  CHECK(told("\"error\":[24.0,\"x\"]") == "24 x -> unauthorized");
  CHECK(told("\"error\":{\"code\":-32000,\"message\":\"unauthorized\"}") ==
        "-32000 unauthorized -> unauthorized");
  CHECK(told("\"error\":\"Invalid workername parameter\"") ==
        "20 Invalid workername parameter -> other");
  CHECK(told("\"result\":false,\"error\":null,\"reject-reason\":\"Above target\"") ==
        "20 Above target -> low_difficulty");
}

TEST_CASE("reject: without a text of its own the error's JSON is the text") {
  CHECK(told("\"error\":true") == "20 true -> other");
  CHECK(told("\"error\":-2") == "20 -2 -> other");
  CHECK(told("\"error\":[]") == "20 [] -> other");
  CHECK(told("\"error\":[[1],null]") == "20 [[1],null] -> other");
  CHECK(told("\"error\":{\"why\":1}") == "20 {\"why\":1} -> other");
  CHECK(told("\"error\":[1e300,\"x\"]") == "20 x -> other");
}

TEST_CASE("reject: neither error nor reason is none") {
  CHECK(told("\"result\":true,\"error\":null") == "none");
  CHECK(told("\"result\":false") == "none");
  CHECK(told("\"result\":true,\"reject-reason\":null") == "none");
}

TEST_CASE("reject: texts are cut and cleaned") {
  Fixture f;
  const std::string line = "{\"id\":7,\"error\":\"\\u001b[2J" + std::string(300, 'x') + "\"}";
  const auto reject = reject_of(f.good(line), line);
  REQUIRE(reject);
  CHECK(reject->text.view().size() == kRejectTextBytesMax);
  CHECK(reject->text.view().substr(0, 6) == "\xef\xbf\xbd[2J");
}

// Texts of ckpool and DATUM as docs/stratum.md lists them, and codes of btcpool.
TEST_CASE("reject: pools without codes of their own are classified by their words") {
  for (const std::string_view text :
       {"Stale", "Invalid JobID", "unknown-work", "stale-prevblk", "stale-work", "JOB NOT FOUND"})
    CHECK_MESSAGE(classify(20, text) == RejectClass::kStale, text);
  for (const std::string_view text : {"Duplicate", "dup", "duplicate share"})
    CHECK_MESSAGE(classify(20, text) == RejectClass::kDuplicate, text);
  for (const std::string_view text :
       {"Above target", "high-hash", "H-not-zero", "low difficulty share of 0.5", "Too low"})
    CHECK_MESSAGE(classify(20, text) == RejectClass::kLowDifficulty, text);
  for (const std::string_view text : {"Unauthorized worker", "not authorized"})
    CHECK_MESSAGE(classify(20, text) == RejectClass::kUnauthorized, text);
  for (const std::string_view text :
       {"", "Worker mismatch", "not allowed", "slow down", "No nonce"})
    CHECK_MESSAGE(classify(20, text) == RejectClass::kOther, text);
  CHECK(classify(36, "") == RejectClass::kStale);
  CHECK(classify(33, "Invalid version mask") == RejectClass::kOther);
  CHECK(classify(22, "stale") == RejectClass::kDuplicate);
}

TEST_CASE("reject: only true without an error accepts a share") {
  Fixture f;
  const auto accepts = [&](std::string_view members) {
    return is_accepted(f.good("{\"id\":7," + std::string(members) + "}"));
  };
  CHECK(accepts("\"result\":true,\"error\":null"));
  CHECK(accepts("\"result\":true"));
  CHECK_FALSE(accepts("\"result\":true,\"error\":[22,\"Duplicate share\",null]"));
  CHECK_FALSE(accepts("\"result\":null,\"error\":null"));
  CHECK_FALSE(accepts("\"result\":false,\"error\":null,\"reject-reason\":\"Stale\""));
  CHECK_FALSE(accepts("\"result\":{\"status\":\"OK\"},\"error\":null"));
  CHECK_FALSE(accepts("\"result\":\"true\""));
}

TEST_CASE("reject: our own codes have their usual texts") {
  CHECK(error_text(kErrorJobNotFound) == "Job not found");
  CHECK(error_text(kErrorDuplicate) == "Duplicate share");
  CHECK(error_text(kErrorLowDifficulty) == "Low difficulty share");
  CHECK(error_text(kErrorUnauthorized) == "Unauthorized worker");
  CHECK(error_text(kErrorNotSubscribed) == "Not subscribed");
  CHECK(error_text(kErrorOther) == "Other/Unknown");
}
