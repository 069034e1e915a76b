#include "common/stratum/notify.h"

#include <vector>

#include "tests/unit/stratum/fixture.h"

using namespace loka::stratum;

namespace {

// The prevhash of block 125552 as it stands on the wire, and one branch of block 170's pool view.
constexpr std::string_view kPrevhash =
    "\"ab02cd818b9e567ee21793cddef299feb29ad444a41b85b8000008a300000000\"";
constexpr std::string_view kHash =
    "\"c40297f730dd7b5a99567eb8d27b78758f607507c52292d02d4031895b52f2ff\"";

using Items = std::vector<std::string>;

Items good_items() {
  return {"\"6625a3d5\"",
          std::string(kPrevhash),
          "\"0100\"",
          "\"0aff\"",
          "[" + std::string(kHash) + "]",
          "\"20000000\"",
          "\"17034219\"",
          "\"6625406b\"",
          "true"};
}

std::string line_of(const Items& items) {
  std::string line = "{\"id\":null,\"method\":\"mining.notify\",\"params\":[";
  for (size_t i = 0; i < items.size(); ++i) line += (i == 0 ? "" : ",") + items[i];
  return line + "]}";
}

struct Reading : Fixture {
  std::string line;

  loka::Result<Notify, NotificationError> read(const Items& items) {
    line = line_of(items);
    return read_notify(line, good(line));
  }
  // The good items with one of them changed.
  loka::Result<Notify, NotificationError> with(size_t item, std::string_view json) {
    Items items = good_items();
    items[item] = json;
    return read(items);
  }
  Message say(std::string_view method, std::string_view params) {
    line = "{\"id\":null,\"method\":\"" + std::string(method) +
           "\",\"params\":" + std::string(params) + "}";
    return good(line);
  }
};

}  // namespace

TEST_CASE("notify: all items of a usual job are read") {
  Reading f;
  const auto job = f.read(good_items());
  REQUIRE(job);
  CHECK(job->job_id == "6625a3d5");
  CHECK(job->prevhash.substr(0, 8) == "ab02cd81");
  CHECK(job->coinb1 == "0100");
  CHECK(job->coinb2 == "0aff");
  CHECK(job->merkle_branch.of(f.line) == "[" + std::string(kHash) + "]");
  CHECK(job->merkle_branch_count == 1);
  CHECK(job->version == 0x20000000);
  CHECK(job->nbits == 0x17034219);
  CHECK(job->ntime == 0x6625406b);
  CHECK(job->clean_jobs);
}

TEST_CASE("notify: the deviations that pools are known for are read") {
  Reading f;
  CHECK(f.with(0, "\"135792468013579246801357924680135792468\""));
  CHECK(f.with(1, "\"AB02CD818B9E567EE21793CDDEF299FEB29AD444A41B85B8000008A300000000\""));
  CHECK(f.with(4, "null")->merkle_branch_count == 0);
  CHECK(f.with(4, " [ ] ")->merkle_branch_count == 0);
  CHECK(f.with(4, "[ " + std::string(kHash) + " , " + std::string(kHash) + "]")
            ->merkle_branch_count == 2);
  CHECK(f.with(5, "\"2\"")->version == 2);
  CHECK(f.with(8, "1")->clean_jobs);
  CHECK(f.with(8, "\"true\"")->clean_jobs);
  CHECK_FALSE(f.with(8, "0")->clean_jobs);
  CHECK_FALSE(f.with(8, "false")->clean_jobs);
  CHECK_FALSE(f.with(8, "null")->clean_jobs);

  Items eight = good_items();
  eight.pop_back();
  CHECK_FALSE(f.read(eight)->clean_jobs);
  Items eleven = good_items();
  eleven.insert(eleven.end(), {"\"extra\"", "{\"k\":1}"});
  CHECK(f.read(eleven)->clean_jobs);
}

TEST_CASE("notify: an item of another type is refused at every place") {
  Reading f;
  for (size_t item = 0; item < 9; ++item) {
    for (const std::string_view json : {"12345", "{}", "{\"a\":[]}", "[[]]", "[1]"}) {
      const auto job = f.with(item, json);
      CHECK_MESSAGE(!job, item, json);
    }
    if (item == 8) continue;
    CHECK_FALSE(f.with(item, "true"));
    if (item != 4) CHECK_FALSE(f.with(item, "null"));
  }
}

TEST_CASE("notify: a value out of range is refused") {
  Reading f;
  const std::string long_id = "\"" + std::string(kJobIdBytesMax + 1, '7') + "\"";
  CHECK(f.with(0, "\"\"").error() == NotificationError::kOutOfRange);
  CHECK(f.with(0, long_id).error() == NotificationError::kOutOfRange);
  CHECK(f.with(0, "\"" + long_id.substr(2)));
  CHECK_FALSE(f.with(1, "\"00\""));
  CHECK_FALSE(f.with(1, "\"" + std::string(64, 'g') + "\""));
  CHECK_FALSE(f.with(2, "\"010\""));
  CHECK_FALSE(f.with(3, "\"zz\""));
  CHECK_FALSE(f.with(4, "[\"c402\"]"));
  CHECK_FALSE(f.with(4, "[\"" + std::string(64, 'g') + "\"]"));
  CHECK_FALSE(f.with(4, "[\"\\u0063" + std::string(63, '0') + "\"]"));
  CHECK_FALSE(f.with(4, "[" + std::string(kHash) + ",null]"));
  CHECK_FALSE(f.with(4, "[[" + std::string(kHash) + "]]"));
  CHECK_FALSE(f.with(4, "[{\"a\":" + std::string(kHash) + "}]"));
  CHECK_FALSE(f.with(5, "\"\""));
  CHECK_FALSE(f.with(5, "\"200000000\""));
  CHECK_FALSE(f.with(6, "\"1703421\""));
  CHECK_FALSE(f.with(7, "\"0x25406b\""));
  CHECK_FALSE(f.with(8, "2"));
  CHECK_FALSE(f.with(8, "\"yes\""));
}

TEST_CASE("notify: missing items are told, and branches have a limit") {
  Reading f;
  Items items = good_items();
  items.resize(7);
  CHECK(f.read(items).error() == NotificationError::kMissingItem);
  CHECK(f.read({}).error() == NotificationError::kMissingItem);

  std::string branch = "[" + std::string(kHash);
  for (int i = 1; i < 32; ++i) branch += "," + std::string(kHash);
  CHECK(f.with(4, branch + "]")->merkle_branch_count == 32);
  CHECK_FALSE(f.with(4, branch + "," + std::string(kHash) + "]"));
}

TEST_CASE("set_difficulty: a number above 0 and finite, also in quotes") {
  Reading f;
  const auto difficulty = [&](std::string_view params) {
    return read_set_difficulty(f.say("mining.set_difficulty", params));
  };
  CHECK(difficulty("[0.001]") == 0.001);
  CHECK(difficulty("[1e-05]") == 0.00001);
  CHECK(difficulty("[65536.0,\"extra\"]") == 65536);
  CHECK(difficulty("[\"8192\"]") == 8192);
  CHECK(difficulty("[18446744073709551615]") == 18446744073709551616.0);
  CHECK(difficulty("[]").error() == NotificationError::kMissingItem);
  for (const std::string_view params : {"[null]", "[true]", "[[1]]", "[{}]"})
    CHECK_MESSAGE(difficulty(params).error() == NotificationError::kWrongType, params);
  for (const std::string_view params :
       {"[0]", "[-1]", "[\"\"]", "[\"nan\"]", "[\"inf\"]", "[\"1e400\"]", "[-0.0]"})
    CHECK_MESSAGE(difficulty(params).error() == NotificationError::kOutOfRange, params);
}

TEST_CASE("set_extranonce: hex of up to 16 bytes and a size that may be missing") {
  Reading f;
  const auto change = [&](std::string_view params) {
    return read_set_extranonce(f.say("mining.set_extranonce", params));
  };
  CHECK(change("[\"08000003\",4]")->extranonce1 == "08000003");
  CHECK(change("[\"08000003\",4]")->extranonce2_size == 4);
  CHECK(change("[\"af4c\",\"8\"]")->extranonce2_size == 8);
  CHECK_FALSE(change("[\"af4c\"]")->extranonce2_size);
  CHECK_FALSE(change("[\"af4c\",null]")->extranonce2_size);
  CHECK(change("[]").error() == NotificationError::kMissingItem);
  CHECK(change("[7,4]").error() == NotificationError::kWrongType);
  CHECK(change("[\"af4c\",true]").error() == NotificationError::kWrongType);
  for (const std::string_view params : {"[\"af4\",4]", "[\"zz\",4]", "[\"af4c\",0]",
                                        "[\"af4c\",33]", "[\"af4c\",-1]", "[\"af4c\",2.5]"})
    CHECK_MESSAGE(change(params).error() == NotificationError::kOutOfRange, params);
}

TEST_CASE("set_version_mask: one to eight digits, with or without a list") {
  Reading f;
  const auto mask = [&](std::string_view params) {
    return read_set_version_mask(f.say("mining.set_version_mask", params));
  };
  CHECK(mask("[\"00003000\"]") == 0x3000U);
  CHECK(mask("\"1FFFE000\"") == 0x1fffe000U);
  CHECK(mask("[\"0\"]") == 0U);
  CHECK(mask("[]").error() == NotificationError::kMissingItem);
  CHECK(mask("[536862720]").error() == NotificationError::kWrongType);
  CHECK(mask("[\"1fffe0000\"]").error() == NotificationError::kOutOfRange);
  CHECK(mask("[\"0x1fffe0\"]").error() == NotificationError::kOutOfRange);
}

TEST_CASE("set_target: 64 hex digits") {
  Reading f;
  const std::string digits(64, '0');
  CHECK(read_set_target(f.say("mining.set_target", "[\"" + digits + "\"]")) == digits);
  CHECK_FALSE(read_set_target(f.say("mining.set_target", "[\"00\"]")));
  CHECK_FALSE(read_set_target(f.say("mining.set_target", "[0]")));
}
