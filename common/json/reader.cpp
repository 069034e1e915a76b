#include "common/json/reader.h"

#include <cstring>
#include <vector>

#ifdef __SSE2__
#define RAPIDJSON_SSE2
#endif
// Its empty stack adds to a null pointer and compares, which clang's sanitizer rightly reports; the
// result is not used.
#ifdef __clang__
#pragma clang attribute push(__attribute__((no_sanitize("pointer-overflow"))), apply_to = function)
#endif
#include <rapidjson/reader.h>
#ifdef __clang__
#pragma clang attribute pop
#endif

#include "common/base/check.h"
#include "common/json/survey.h"

namespace loka::json {
namespace {

namespace rj = rapidjson;

// Iterative: the recursive parser dies of 64 KiB of '['. Numbers as text: an id or a difficulty
// beyond 2^53 must not change on its way.
constexpr unsigned kFlags =
    rj::kParseInsituFlag | rj::kParseIterativeFlag | rj::kParseNumbersAsStringsFlag;

// RapidJSON's SSE2 code loads aligned blocks of 16 bytes and so reads up to 15 bytes behind the
// terminator.
constexpr size_t kBlock = 16;

size_t copy_bytes(size_t text_bytes_max) { return (text_bytes_max + 1 + kBlock) / kBlock * kBlock; }

}  // namespace

struct Reader::Machine {
  explicit Machine(const Limits& l)
      : limits(l),
        copy(new char[copy_bytes(l.text_bytes_max)]),
        tokens(2 * l.items_max),
        open(l.depth_max) {
    // The parser allocates its stack with the first container that it enters, here, and keeps it.
    std::memcpy(copy.get(), "[]", 3);
    CHECK(parse("[]").IsError() == false);
  }

  // text: a view of what `copy` holds before it is parsed in place.
  rj::ParseResult parse(std::string_view text);

  uint32_t push(Kind kind, size_t begin, size_t end, std::string_view text);
  bool push_scalar(Kind kind, size_t begin, size_t end, std::string_view text);
  bool push_string(const char* decoded, size_t size, bool is_key);
  bool open_container(Kind kind, size_t begin);
  bool close_container(size_t end, size_t count);
  [[nodiscard]] size_t string_end(size_t begin, size_t decoded_size) const;
  bool refuse(ReadError error) {
    refused = error;
    return false;
  }

  Limits limits;
  std::unique_ptr<char[]> copy;
  std::vector<Token> tokens;
  std::vector<uint32_t> open;  // indices of the containers around the current place
  rj::GenericReader<rj::UTF8<>, rj::UTF8<>> parser;

  std::string_view original;
  Survey found;
  size_t size = 0;    // tokens in use
  size_t values = 0;  // of them, those that are no keys
  size_t depth = 0;
  ReadError refused = ReadError::kNotJson;
  bool has_escaped_nul = false;
};

namespace {

// What RapidJSON calls. Offsets come from its stream: at a container's bracket it stands before it,
// after a literal behind it; of strings and numbers it gives the place.
template <class Machine>
class Events {
 public:
  Events(Machine& machine, const rj::InsituStringStream& stream)
      : machine_(machine), stream_(stream) {}

  bool Null() { return literal(Kind::kNull, 4); }
  bool Bool(bool is_true) { return literal(is_true ? Kind::kTrue : Kind::kFalse, is_true ? 4 : 5); }
  bool RawNumber(const char* digits, rj::SizeType size, bool) {
    const auto begin = static_cast<size_t>(digits - machine_.copy.get());
    return machine_.push_scalar(Kind::kNumber, begin, begin + size, {digits, size});
  }
  bool String(const char* text, rj::SizeType size, bool) {
    return machine_.push_string(text, size, false);
  }
  bool Key(const char* text, rj::SizeType size, bool) {
    return machine_.push_string(text, size, true);
  }
  bool StartObject() { return machine_.open_container(Kind::kObject, place()); }
  bool StartArray() { return machine_.open_container(Kind::kArray, place()); }
  bool EndObject(rj::SizeType members) { return machine_.close_container(place() + 1, members); }
  bool EndArray(rj::SizeType items) { return machine_.close_container(place() + 1, items); }

  // Not called: all numbers come as text.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(int64_t) { return false; }
  bool Uint64(uint64_t) { return false; }
  bool Double(double) { return false; }

 private:
  [[nodiscard]] size_t place() const { return static_cast<size_t>(stream_.src_ - stream_.head_); }
  bool literal(Kind kind, size_t length) {
    return machine_.push_scalar(kind, place() - length, place(), {});
  }

  Machine& machine_;
  const rj::InsituStringStream& stream_;
};

}  // namespace

rj::ParseResult Reader::Machine::parse(std::string_view text) {
  original = text;
  size = values = depth = 0;
  refused = ReadError::kNotJson;
  rj::InsituStringStream stream(copy.get());
  Events<Machine> events(*this, stream);
  return parser.Parse<kFlags>(stream, events);
}

uint32_t Reader::Machine::push(Kind kind, size_t begin, size_t end, std::string_view text) {
  const auto index = static_cast<uint32_t>(size++);
  tokens[index] = {kind, static_cast<uint32_t>(begin), static_cast<uint32_t>(end), index + 1, 0,
                   text};
  return index;
}

bool Reader::Machine::push_scalar(Kind kind, size_t begin, size_t end, std::string_view text) {
  if (values == limits.items_max) return refuse(ReadError::kTooManyItems);
  ++values;
  push(kind, begin, end, text);
  return true;
}

bool Reader::Machine::push_string(const char* decoded, size_t decoded_size, bool is_key) {
  // A key without its value must not be the one token too many.
  if (values == limits.items_max) return refuse(ReadError::kTooManyItems);
  if (!is_key) ++values;
  const auto begin = static_cast<size_t>(decoded - copy.get()) - 1;
  push(Kind::kString, begin, string_end(begin, decoded_size), {decoded, decoded_size});
  return true;
}

bool Reader::Machine::open_container(Kind kind, size_t begin) {
  if (depth == limits.depth_max) return refuse(ReadError::kTooDeep);
  if (values == limits.items_max) return refuse(ReadError::kTooManyItems);
  ++values;
  open[depth++] = push(kind, begin, begin, {});
  return true;
}

bool Reader::Machine::close_container(size_t end, size_t count) {
  Token& container = tokens[open[--depth]];
  container.end = static_cast<uint32_t>(end);
  container.next = static_cast<uint32_t>(size);
  container.count = static_cast<uint32_t>(count);
  return true;
}

// The parser tells where a string begins and how long it is decoded, not where it ended; only
// escapes make the two differ.
size_t Reader::Machine::string_end(size_t begin, size_t decoded_size) const {
  if (!found.has_escape) return begin + decoded_size + 2;
  size_t at = begin + 1;
  while (original[at] != '"') at += original[at] == '\\' ? 2U : 1U;
  return at + 1;
}

Reader::Reader(const Limits& limits) : machine_(std::make_unique<Machine>(limits)) {}
Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

Result<std::span<const Token>, ReadError> Reader::read(std::string_view text) {
  Machine& m = *machine_;
  m.has_escaped_nul = false;
  if (text.size() > m.limits.text_bytes_max) return Error(ReadError::kTooLong);
  m.found = survey(text);
  if (m.found.has_nul) return Error(ReadError::kNulCharacter);
  if (!m.found.is_utf8) return Error(ReadError::kNotUtf8);
  if (m.found.has_control) return Error(ReadError::kNotJson);

  if (!text.empty()) std::memcpy(m.copy.get(), text.data(), text.size());
  m.copy[text.size()] = '\0';
  if (m.found.has_escape) m.has_escaped_nul = mend_escapes({m.copy.get(), text.size()});
  if (m.parse(text).IsError()) return Error(m.refused);
  return std::span<const Token>(m.tokens.data(), m.size);
}

bool Reader::has_escaped_nul() const { return machine_->has_escaped_nul; }

std::string_view describe(ReadError error) {
  switch (error) {
    case ReadError::kNotJson:
      return "not JSON";
    case ReadError::kTooDeep:
      return "nested too deeply";
    case ReadError::kTooLong:
      return "too long";
    case ReadError::kTooManyItems:
      return "too many values";
    case ReadError::kNotUtf8:
      return "not UTF-8";
    case ReadError::kNulCharacter:
      return "contains a NUL character";
  }
  return "not JSON";
}

}  // namespace loka::json
