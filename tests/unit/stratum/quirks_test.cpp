// The recorded lines of tests/data/quirks.jsonl, as far as parser, line reader and the checks on
// notifications decide about them; what happens then is for the system tests.
#include <fstream>
#include <map>
#include <sstream>
#include <vector>

#include "common/base/hex.h"
#include "common/json/document.h"
#include "common/stratum/line_reader.h"
#include "common/stratum/notify.h"
#include "common/stratum/reconnect.h"
#include "common/stratum/subscribe_result.h"
#include "tests/unit/stratum/fixture.h"

using namespace loka::stratum;
using loka::json::Document;

namespace {

struct Quirk {
  std::string id;
  std::string then;
  std::string answer_id;  // raw JSON text; empty if not prescribed
  std::string expect;
  bool from_miner = true;
  std::string bytes;  // with the terminator
};

std::string decoded(std::string_view hex) {
  std::vector<uint8_t> bytes(hex.size() / 2);
  REQUIRE(loka::hex_decode(hex, bytes));
  return {bytes.begin(), bytes.end()};
}

// Section "The bytes" of the corpus' description: hex, chunks and gen go before line.
std::string bytes_of(loka::json::Value entry) {
  std::string bytes(entry["line"].as_string().value_or(""));
  if (const auto hex = entry["hex"].as_string()) bytes = decoded(*hex);
  if (const loka::json::Value gen = entry["gen"]; gen.exists()) {
    bytes = *gen["prefix"].as_string();
    for (uint64_t n = *gen["count"].as_uint64(); n > 0; --n) bytes += *gen["fill"].as_string();
    bytes += *gen["suffix"].as_string();
  }
  std::string chunks;
  entry["chunks"].for_each_item([&](loka::json::Value chunk) { chunks += *chunk.as_string(); });
  entry["chunks_hex"].for_each_item(
      [&](loka::json::Value chunk) { chunks += decoded(*chunk.as_string()); });
  if (!chunks.empty()) return chunks;
  return bytes + std::string(entry["eol"].as_string().value_or("\n"));
}

std::vector<Quirk> load_quirks() {
  std::ifstream file(LOKA_TEST_DATA "/quirks.jsonl");
  std::vector<Quirk> quirks;
  for (std::string text; std::getline(file, text);) {
    const auto document = Document::parse(text);
    REQUIRE_MESSAGE(document, text);
    const loka::json::Value entry = document->root();
    const auto word = [&](std::string_view key) {
      return std::string(entry[key].as_string().value_or(""));
    };
    quirks.push_back({word("id"), word("then"), word("answer_id"), word("expect"),
                      word("dir") == "miner->pool", bytes_of(entry)});
  }
  REQUIRE(quirks.size() == 193);
  return quirks;
}

// What became of the lines of one quirk: "ok", an error's name, or "too long".
struct Outcome {
  std::vector<std::string> lines;
  std::string last_id;  // of the last line, as far as it was understood
  std::string rest;     // incomplete
};

Outcome outcome_of(const Quirk& quirk) {
  const size_t limit = quirk.from_miner ? kMinerLineBytesMax : kPoolLineBytesMax;
  Parser parser(limit);
  std::string joined(limit, '\0');
  LineReader reader({}, quirk.bytes, joined, limit);
  Outcome outcome;
  LineReader::Found found{};
  while ((found = reader.next()) == LineReader::Found::kLine) {
    const auto message = parser.parse(reader.line());
    outcome.lines.emplace_back(message ? "ok" : describe(message.error()));
    outcome.last_id = parser.partial().id.span.of(reader.line());
  }
  if (found == LineReader::Found::kTooLong) outcome.lines.emplace_back("too long");
  outcome.rest = reader.unfinished_fresh();
  return outcome;
}

// Lines that are no messages, with the error that the parser gives. Where the corpus leaves the
// outcome open ("either"), this is our choice among what it names.
const std::map<std::string, std::string> kRefused = {
    {"q039", "NUL character"},
    {"q041", "not one JSON object"},
    {"q069", "a member has the wrong type"},
    {"q070", "a member has the wrong type"},
    {"q105", "not one JSON object"},  // 1e400
    {"q136", "a member has the wrong type"},
    {"q137", "a member has the wrong type"},
    {"q140", "not one JSON object"},
    {"q141", "not one JSON object"},
    {"q142", "not one JSON object"},
    {"q143", "duplicate key"},
    {"q144", "duplicate key"},
    {"q145", "not one JSON object"},
    {"q146", "not one JSON object"},
    {"q147", "not one JSON object"},
    {"q148", "not one JSON object"},
    {"q149", "not one JSON object"},
    {"q152", "a member has the wrong type"},
    {"q154", "not UTF-8"},
    {"q155", "not UTF-8"},
    {"q156", "not one JSON object"},
    {"q157", "NUL character"},
    {"q158", "NUL character"},
    {"q159", "not one JSON object"},
    {"q160", "nested too deeply"},
    {"q161", "too long"},
    {"q162", "too long"},
    {"q163", "too long"},
    {"q165", "not one JSON object"},
    {"q166", "not one JSON object"},
    {"q169", "not one JSON object"},
    {"q172", "not one JSON object"},
    {"q175", "NUL character"},  // there happens to be a newline in it
    {"q177", "neither request nor response"},
};

// No newline ever comes, so no parser sees them: their first bytes or a time limit decides.
bool is_without_line(const std::string& id) {
  return id == "q171" || id == "q173" || id == "q176" || id == "q186";
}

// Types and ranges; of a reconnect, whether it may be obeyed at all.
bool is_obeyed(Fixture& f, const Quirk& quirk) {
  const std::string line = quirk.bytes.substr(0, quirk.bytes.find('\n'));
  const Message message = f.good(line);
  switch (message.method) {
    case Method::kNotify:
      return read_notify(line, message).has_value();
    case Method::kSetDifficulty:
      return read_set_difficulty(message).has_value();
    case Method::kSetExtranonce:
      return read_set_extranonce(message).has_value();
    case Method::kSetVersionMask:
      return read_set_version_mask(message).has_value();
    case Method::kSetTarget:
      return read_set_target(message).has_value();
    case Method::kReconnect: {
      const auto target = read_reconnect(message);
      return target && may_reconnect_to("us1.pool.example.com", target->host);
    }
    default:
      return true;
  }
}

}  // namespace

TEST_CASE("quirks: lines that are no messages are refused by name, all others are read") {
  size_t refused = 0;
  for (const Quirk& quirk : load_quirks()) {
    CAPTURE(quirk.id);
    CAPTURE(quirk.expect);
    const Outcome outcome = outcome_of(quirk);
    const auto expected = kRefused.find(quirk.id);
    if (is_without_line(quirk.id)) {
      CHECK(outcome.lines.empty());
      CHECK(outcome.rest == quirk.bytes);
    } else if (expected != kRefused.end()) {
      ++refused;
      for (const std::string& line : outcome.lines) CHECK(line == expected->second);
      CHECK_FALSE(outcome.lines.empty());
    } else if (quirk.id == "q170" || quirk.id == "q174") {  // a message behind another protocol
      CHECK(outcome.lines.front() == "not one JSON object");
    } else {
      for (const std::string& line : outcome.lines) CHECK(line == "ok");
      CHECK(outcome.lines.empty() == (quirk.id == "q150" || quirk.id == "q151"));
    }
  }
  CHECK(refused == kRefused.size());
}

TEST_CASE("quirks: an answer of ours can carry the id that the corpus wants") {
  size_t checked = 0;
  for (const Quirk& quirk : load_quirks()) {
    if (quirk.answer_id.empty()) continue;
    CAPTURE(quirk.id);
    const std::string id = outcome_of(quirk).last_id;
    CHECK((id.empty() ? "null" : id) == quirk.answer_id);
    ++checked;
  }
  CHECK(checked > 80);
}

TEST_CASE("quirks: the notifications that are refused are those that must not count") {
  Fixture f;
  size_t checked = 0;
  for (const Quirk& quirk : load_quirks()) {
    if (quirk.from_miner || kRefused.contains(quirk.id)) continue;
    CAPTURE(quirk.id);
    CAPTURE(quirk.expect);
    const bool must_stop = quirk.then == "count_and_ignore" && quirk.id != "q081";  // unknown id
    CHECK(is_obeyed(f, quirk) == !must_stop);
    ++checked;
  }
  CHECK(checked > 60);
}

TEST_CASE("quirks: a pool is left for its subscribe result exactly when the corpus says so") {
  Fixture f;
  size_t checked = 0;
  for (const Quirk& quirk : load_quirks()) {
    if (quirk.id < "q023" || quirk.id > "q031") continue;
    CAPTURE(quirk.id);
    const std::string line = quirk.bytes.substr(0, quirk.bytes.find('\n'));
    const Message message = f.good(line);
    const bool is_granted = read_subscribe_result(message.result.span.of(line)).has_value();
    CHECK(is_granted == (quirk.then != "pool_switch"));
    ++checked;
  }
  CHECK(checked == 9);
}
