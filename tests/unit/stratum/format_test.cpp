#include "common/stratum/format.h"

#include <vector>

#include "common/json/document.h"
#include "tests/unit/stratum/fixture.h"

using namespace loka::stratum;

namespace {

constexpr std::string_view kSubmit =
    "{\"id\": 4, \"method\":\"mining.submit\", \"params\":[\"u.rig1\",\"j\",\"2a\",\"66\",\"0a\"],"
    "\"extra\":{\"id\":9}}";

std::string rewritten(Fixture& f, std::string_view line, uint64_t id, std::string_view login = {}) {
  const Message message = f.good(line);
  return std::string(f.written(rewrite(f.buffer, line, message, id, login)));
}

std::string answered(Fixture& f, std::string_view line, std::string_view id) {
  const Message message = f.good(line);
  return std::string(f.written(rewrite_id(f.buffer, line, message, id)));
}

}  // namespace

// The shapes are those of docs/stratum.md: Bitaxe recognises answers by shape alone.
TEST_CASE("format: answers have the shapes that firmwares know") {
  Fixture f;
  CHECK(f.written(response_true(f.buffer, "\"auth\"")) ==
        "{\"id\":\"auth\",\"result\":true,\"error\":null}\n");
  CHECK(f.written(response_result(f.buffer, "1.0", "[1]")) ==
        "{\"id\":1.0,\"result\":[1],\"error\":null}\n");
  CHECK(f.written(response_error(f.buffer, "", 24, "Unauthorized worker")) ==
        "{\"id\":null,\"result\":null,\"error\":[24,\"Unauthorized worker\",null]}\n");
  CHECK(f.written(pong(f.buffer, "8")) == "{\"id\":8,\"result\":\"pong\",\"error\":null}\n");
  CHECK(f.written(subscribe_result(f.buffer, "2", "b10cf00d", 8)) ==
        "{\"id\":2,\"result\":[[[\"mining.set_difficulty\",\"b10cf00d\"],[\"mining.notify\","
        "\"b10cf00d\"]],\"b10cf00d\",8],\"error\":null}\n");
}

TEST_CASE("format: requests to a pool") {
  Fixture f;
  CHECK(f.written(request(f.buffer, 5, "mining.extranonce.subscribe", "[]")) ==
        "{\"id\":5,\"method\":\"mining.extranonce.subscribe\",\"params\":[]}\n");
  CHECK(f.written(configure(f.buffer, 1, 0x1fffe000)) ==
        "{\"id\":1,\"method\":\"mining.configure\",\"params\":[[\"version-rolling\"],"
        "{\"version-rolling.mask\":\"1fffe000\",\"version-rolling.min-bit-count\":2}]}\n");
  CHECK(f.written(subscribe(f.buffer, 2, "loka/0.1")) ==
        "{\"id\":2,\"method\":\"mining.subscribe\",\"params\":[\"loka/0.1\"]}\n");
  CHECK(f.written(authorize(f.buffer, 3, "farm.\"1", "x")) ==
        "{\"id\":3,\"method\":\"mining.authorize\",\"params\":[\"farm.\\\"1\",\"x\"]}\n");
}

TEST_CASE("format: notifications to a miner") {
  Fixture f;
  CHECK(f.written(set_difficulty(f.buffer, 65536)) ==
        "{\"id\":null,\"method\":\"mining.set_difficulty\",\"params\":[65536]}\n");
  CHECK(f.written(set_difficulty(f.buffer, 0.001)) ==
        "{\"id\":null,\"method\":\"mining.set_difficulty\",\"params\":[0.001]}\n");
  CHECK(f.written(set_extranonce(f.buffer, "08000003", 4)) ==
        "{\"id\":null,\"method\":\"mining.set_extranonce\",\"params\":[\"08000003\",4]}\n");
  CHECK(f.written(set_version_mask(f.buffer, 0x00003000)) ==
        "{\"id\":null,\"method\":\"mining.set_version_mask\",\"params\":[\"00003000\"]}\n");
}

TEST_CASE("format: what does not fit is 0, whatever the room") {
  Fixture f;
  const size_t whole = response_error(f.buffer, "7", 20, "text");
  for (size_t room = 0; room < whole; ++room)
    CHECK(response_error(std::span(f.buffer).first(room), "7", 20, "text") == 0);
  CHECK(response_error(std::span(f.buffer).first(whole), "7", 20, "text") == whole);

  const Message message = f.good(kSubmit);
  const size_t line = rewrite(f.buffer, kSubmit, message, 77);
  CHECK(rewrite(std::span(f.buffer).first(line - 1), kSubmit, message, 77) == 0);
  CHECK(rewrite(std::span(f.buffer).first(line), kSubmit, message, 77) == line);
}

TEST_CASE("format: texts from outside cannot break a line") {
  Fixture f;
  CHECK(f.written(response_error(f.buffer, "1", 20, "a\n\"\xff")) ==
        "{\"id\":1,\"result\":null,\"error\":[20,\"a\\n\\\"\xef\xbf\xbd\",null]}\n");
  std::array<char, 8> small{};
  CHECK(std::string_view(small.data(), quote("ab\"c", small)) == "\"ab\\\"c\"");
  CHECK(quote("ab\"cd", small) == 8);
  CHECK(quote("ab\"cde", small) == 0);
}

TEST_CASE("rewrite: only id and login change") {
  Fixture f;
  CHECK(rewritten(f, kSubmit, 1234567, "\"farm.rig1\"") ==
        "{\"id\": 1234567, \"method\":\"mining.submit\", \"params\":[\"farm.rig1\",\"j\",\"2a\","
        "\"66\",\"0a\"],\"extra\":{\"id\":9}}\n");
  CHECK(rewritten(
            f, "{\"params\": [\"a\\u00e7\" , 1],\"method\":\"mining.authorize\",\"id\":\"x\"} \r",
            7, "\"b\"") == "{\"params\": [\"b\" , 1],\"method\":\"mining.authorize\",\"id\":7}\n");
  CHECK(rewritten(f, kSubmit, 5) ==
        "{\"id\": 5, \"method\":\"mining.submit\", "
        "\"params\":[\"u.rig1\",\"j\",\"2a\",\"66\",\"0a\"],"
        "\"extra\":{\"id\":9}}\n");
}

TEST_CASE("rewrite: an id that is missing is added, one that is null is replaced") {
  Fixture f;
  CHECK(rewritten(f, " {\"method\":\"x\",\"params\":[]}", 3) ==
        " {\"id\":3,\"method\":\"x\",\"params\":[]}\n");
  CHECK(rewritten(f, "{\"id\":null,\"method\":\"x\"}", 3) == "{\"id\":3,\"method\":\"x\"}\n");
  CHECK(rewritten(f, "{\"method\":\"x\",\"params\":[1]}", 3, "\"l\"") ==
        "{\"id\":3,\"method\":\"x\",\"params\":[\"l\"]}\n");
}

TEST_CASE("rewrite: without params there is no place for a login") {
  Fixture f;
  CHECK(
      rewritten(f, "{\"id\":1,\"method\":\"mining.authorize\",\"params\":[]}", 3, "\"l\"").empty());
  CHECK(rewritten(f, "{\"id\":1,\"method\":\"mining.authorize\"}", 3, "\"l\"").empty());
}

TEST_CASE("rewrite: no raw control byte goes out, and the values stay") {
  Fixture f;
  CHECK(rewritten(f, "{\"id\":1,\t\"method\":\r\"x\",\"params\":[\"\\t\"]}\t\r", 3) ==
        "{\"id\":3, \"method\": \"x\",\"params\":[\"\\t\"]}\n");
}

TEST_CASE("rewrite id: an answer goes back under the miner's own id, the rest as it came") {
  Fixture f;
  CHECK(
      answered(f, "{\"reject-reason\":\"Above target\",\"result\":false,\"error\":null,\"id\":7}",
               "\"a\\u0062\"") ==
      "{\"reject-reason\":\"Above target\",\"result\":false,\"error\":null,\"id\":\"a\\u0062\"}\n");
  CHECK(answered(f, "{\"id\":\"7\",\"result\":true,\"error\":null}", "18446744073709551617") ==
        "{\"id\":18446744073709551617,\"result\":true,\"error\":null}\n");
  CHECK(answered(f, "{\"id\":7,\"result\":true}", "") == "{\"id\":null,\"result\":true}\n");
}

TEST_CASE("rewrite id: an answer without an id is refused") {
  Fixture f;
  CHECK(answered(f, "{\"result\":true,\"error\":null}", "7").empty());
}

TEST_CASE("as it came: a notify loses what stands behind its nine items") {
  Fixture f;
  const std::string_view eleven =
      "{\"id\":null,\"method\":\"mining.notify\",\"params\":[0,1,2,3,[4],5,6,7,true "
      ",\"x\",{\"k\":1}]}";
  CHECK(f.written(as_it_came(f.buffer, eleven, f.good(eleven))) ==
        "{\"id\":null,\"method\":\"mining.notify\",\"params\":[0,1,2,3,[4],5,6,7,true]}\n");
  const std::string_view nine =
      "{\"id\":null,\"method\":\"mining.notify\",\"params\":[0,1,2,3,[4],5,6,7, true ]} \r";
  CHECK(f.written(as_it_came(f.buffer, nine, f.good(nine))) ==
        "{\"id\":null,\"method\":\"mining.notify\",\"params\":[0,1,2,3,[4],5,6,7, true ]}\n");
  const std::string_view other =
      "{\"id\":null,\"method\":\"x\",\"params\":[0,1,2,3,4,5,6,7,8,9,10]}";
  CHECK(f.written(as_it_came(f.buffer, other, f.good(other))) == std::string(other) + "\n");
  CHECK(f.written(as_it_came(f.buffer, eleven)) == std::string(eleven) + "\n");
}

TEST_CASE("format: every line of ours is one JSON object") {
  Fixture f;
  const std::vector<std::string> lines = {
      std::string(f.written(subscribe_result(f.buffer, "null", "", 1))),
      std::string(f.written(set_difficulty(f.buffer, 1.8446744073709552e19))),
      std::string(f.written(set_difficulty(f.buffer, 1e-05))),
      std::string(f.written(authorize(f.buffer, 1, "\x1b\\", "\xff"))),
  };
  for (const std::string& line : lines) {
    const auto document = loka::json::Document::parse(line);
    REQUIRE_MESSAGE(document, line);
    CHECK(document->root().is_object());
    CHECK(line.find('\n') == line.size() - 1);
  }
}
