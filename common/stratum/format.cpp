#include "common/stratum/format.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/base/check.h"
#include "common/base/hex.h"
#include "common/json/writer.h"
#include "common/stratum/method.h"

namespace loka::stratum {
namespace {

using json::Writer;

// notify has nine items; see as_it_came().
constexpr uint32_t kNotifyItems = 9;

std::string_view or_null(std::string_view id) { return id.empty() ? "null" : id; }

size_t finish(Writer& out) {
  out.append("\n");
  return out.fits() ? out.size() : 0;
}

Writer begin_request(std::span<char> out, std::string_view id, std::string_view method) {
  Writer line(out);
  line.begin_object().key("id").raw(id).member("method", method).key("params");
  return line;
}

Writer begin_notification(std::span<char> out, Method method) {
  return begin_request(out, "null", name_of(method));
}

// A piece of the line that is replaced; begin == end inserts.
struct Edit {
  Span span;
  std::string_view text;
};

// Where the object ends: behind it there are only blanks.
std::string_view without_tail(std::string_view line) {
  const size_t last = line.find_last_of('}');
  return last == std::string_view::npos ? std::string_view{} : line.substr(0, last + 1);
}

// edits: in the order of their places, not overlapping.
size_t copy_edited(std::span<char> out, std::string_view line, std::span<const Edit> edits) {
  const std::string_view object = without_tail(line);
  Writer copy(out);
  size_t at = 0;
  for (const Edit& edit : edits) {
    CHECK(edit.span.begin >= at && edit.span.end <= object.size());
    copy.append(object.substr(at, edit.span.begin - at)).append(edit.text);
    at = edit.span.end;
  }
  copy.append(object.substr(at));
  if (!copy.fits()) return 0;
  // Strings hold no raw control characters, so these are blanks between values. Stored without a
  // branch, so that the compiler makes 16 bytes of it at once.
  for (char& c : out.first(copy.size())) c = static_cast<uint8_t>(c) < 0x20 ? ' ' : c;
  return finish(copy);
}

}  // namespace

size_t response_true(std::span<char> out, std::string_view id) {
  return response_result(out, id, "true");
}

size_t response_result(std::span<char> out, std::string_view id, std::string_view result) {
  Writer line(out);
  line.begin_object().key("id").raw(or_null(id)).key("result").raw(result).key("error").null();
  return finish(line.end_object());
}

size_t response_error(std::span<char> out, std::string_view id, int code, std::string_view text) {
  Writer line(out);
  line.begin_object().key("id").raw(or_null(id)).key("result").null();
  line.key("error").begin_array().number(code).string(text).null().end_array();
  return finish(line.end_object());
}

size_t pong(std::span<char> out, std::string_view id) {
  return response_result(out, id, "\"pong\"");
}

size_t subscribe_result(std::span<char> out, std::string_view id, std::string_view extranonce1,
                        int extranonce2_size) {
  Writer line(out);
  line.begin_object().key("id").raw(or_null(id)).key("result").begin_array();
  line.begin_array();
  for (const Method event : {Method::kSetDifficulty, Method::kNotify})
    line.begin_array().string(name_of(event)).string(extranonce1).end_array();
  line.end_array().string(extranonce1).number(extranonce2_size).end_array();
  return finish(line.key("error").null().end_object());
}

size_t request(std::span<char> out, uint64_t id, std::string_view method, std::string_view params) {
  Writer line = begin_request(out, fmt::format_int(id).c_str(), method);
  return finish(line.raw(params).end_object());
}

size_t configure(std::span<char> out, uint64_t id, uint32_t mask) {
  std::array<char, 8> digits;
  hex_u32(mask, digits.data());
  Writer line = begin_request(out, fmt::format_int(id).c_str(), name_of(Method::kConfigure));
  line.begin_array().begin_array().string("version-rolling").end_array();
  line.begin_object().member("version-rolling.mask", std::string_view(digits.data(), 8));
  line.member("version-rolling.min-bit-count", 2).end_object().end_array();
  return finish(line.end_object());
}

size_t subscribe(std::span<char> out, uint64_t id, std::string_view agent) {
  Writer line = begin_request(out, fmt::format_int(id).c_str(), name_of(Method::kSubscribe));
  return finish(line.begin_array().string(agent).end_array().end_object());
}

size_t authorize(std::span<char> out, uint64_t id, std::string_view login,
                 std::string_view password) {
  Writer line = begin_request(out, fmt::format_int(id).c_str(), name_of(Method::kAuthorize));
  return finish(line.begin_array().string(login).string(password).end_array().end_object());
}

size_t set_difficulty(std::span<char> out, double difficulty) {
  Writer line = begin_notification(out, Method::kSetDifficulty);
  return finish(line.begin_array().number(difficulty).end_array().end_object());
}

size_t set_extranonce(std::span<char> out, std::string_view extranonce1, int extranonce2_size) {
  Writer line = begin_notification(out, Method::kSetExtranonce);
  line.begin_array().string(extranonce1).number(extranonce2_size).end_array();
  return finish(line.end_object());
}

size_t set_version_mask(std::span<char> out, uint32_t mask) {
  std::array<char, 8> digits;
  hex_u32(mask, digits.data());
  Writer line = begin_notification(out, Method::kSetVersionMask);
  line.begin_array().string({digits.data(), digits.size()}).end_array();
  return finish(line.end_object());
}

size_t as_it_came(std::span<char> out, std::string_view line) { return copy_edited(out, line, {}); }

size_t as_it_came(std::span<char> out, std::string_view line, const Message& message) {
  if (message.method != Method::kNotify || message.param_count <= kNotifyItems)
    return as_it_came(out, line);
  const Edit cut{{message.param[kNotifyItems - 1].span.end, message.params.span.end - 1}, {}};
  return copy_edited(out, line, {&cut, 1});
}

size_t rewrite(std::span<char> out, std::string_view line, const Message& message, uint64_t id,
               std::string_view login) {
  std::array<Edit, 2> edits;
  size_t count = 0;
  const fmt::format_int digits(id);
  std::array<char, 32> added;
  if (message.id.is_present()) {
    edits[count++] = {message.id.span, {digits.data(), digits.size()}};
  } else {
    const size_t brace = line.find('{');
    if (brace == std::string_view::npos) return 0;
    const auto at = static_cast<uint32_t>(brace + 1);
    const auto end = fmt::format_to_n(added.data(), added.size(), "\"id\":{},", id);
    edits[count++] = {{at, at}, {added.data(), end.size}};
  }
  if (!login.empty()) {
    if (message.param_count == 0) return 0;
    edits[count++] = {message.param[0].span, login};
  }
  std::sort(edits.begin(), edits.begin() + static_cast<ptrdiff_t>(count),
            [](const Edit& a, const Edit& b) { return a.span.begin < b.span.begin; });
  return copy_edited(out, line, std::span(edits).first(count));
}

size_t rewrite_id(std::span<char> out, std::string_view line, const Message& message,
                  std::string_view id) {
  if (!message.id.is_present()) return 0;
  const Edit edit{message.id.span, or_null(id)};
  return copy_edited(out, line, {&edit, 1});
}

size_t quote(std::string_view text, std::span<char> out) {
  Writer writer(out);
  writer.string(text);
  return writer.fits() ? writer.size() : 0;
}

}  // namespace loka::stratum
