// Lines from a peer: parsed, judged, and rewritten for the other side.
#include <array>

#include "common/stratum/format.h"
#include "common/stratum/limits.h"
#include "common/stratum/method.h"
#include "common/stratum/parse.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace loka::stratum;
using loka::fuzz::check_line;

// Longer than any line with an id and a login of ours in it.
constexpr size_t kRoom = 2 * kPoolLineBytesMax;

void check_value(const Value& value, std::string_view line) {
  CHECK(value.span.begin <= value.span.end && value.span.end <= line.size());
  CHECK(loka::is_valid_utf8(value.text));
  if (!value.is_present()) return;
  const auto alone = loka::json::Document::parse(value.span.of(line));
  CHECK(alone.has_value());
  if (value.type == Type::kString) CHECK(alone->root().as_string() == value.text);
  if (value.type == Type::kNumber) CHECK(value.span.of(line) == value.text);
}

void check_message(const Message& message, std::string_view line) {
  for (const Value* value : {&message.id, &message.params, &message.result, &message.error,
                             &message.error_code, &message.error_text, &message.reject_reason})
    check_value(*value, line);
  for (const Value& value : message.param) check_value(value, line);
  CHECK((message.kind == Kind::kResponse) == (message.method == Method::kNone));
  (void)suggested_difficulty(message);
}

void check_rewritten(Parser& parser, std::string_view line, const Message& before) {
  static std::array<char, kRoom> room;
  const Message message = before;
  const Method method = message.method;
  const uint32_t params = message.param_count;

  const size_t same = as_it_came(room, line, message);
  CHECK(same > 0);
  check_line({room.data(), same});

  if (message.kind == Kind::kResponse) {
    const size_t length = rewrite_id(room, line, message, "\"own\"");
    CHECK((length > 0) == message.id.is_present());
    if (length > 0) check_line({room.data(), length});
    return;
  }
  const bool has_place = params > 0;
  const size_t length = rewrite(room, line, message, 4711, has_place ? "\"farm.rig7\"" : "");
  CHECK(length > 0);
  check_line({room.data(), length});
  const auto after = parser.parse({room.data(), length});
  // Only the 64th member or a line of the greatest length cannot take an id on top.
  if (!after) return;
  CHECK(after->id.text == "4711");
  CHECK(after->method == method);
  CHECK(after->param_count == params);
  if (has_place) CHECK(after->param[0].text == "farm.rig7");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Parser parser(kPoolLineBytesMax);
  loka::fuzz::Input input(data, size);
  const std::string_view line = input.rest();
  const auto message = parser.parse(line);
  if (!message) {
    CHECK(!describe(message.error()).empty());
    const Message& partial = parser.partial();
    check_value(partial.id, line);
    return 0;
  }
  check_message(*message, line);
  check_rewritten(parser, line, *message);
  return 0;
}
