#include "common/stratum/parse.h"

#include "common/base/check.h"
#include "common/json/reader.h"
#include "common/stratum/limits.h"
#include "common/stratum/method.h"

namespace loka::stratum {
namespace {

using json::Token;

// JSON's blanks, and \r, around the object; peers with Windows tools send them.
std::string_view trimmed(std::string_view line) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t last = line.find_last_not_of(kBlanks);
  return last == std::string_view::npos ? std::string_view{} : line.substr(0, last + 1);
}

Type type_of(json::Kind kind) {
  switch (kind) {
    case json::Kind::kNull:
      return Type::kNull;
    case json::Kind::kFalse:
      return Type::kFalse;
    case json::Kind::kTrue:
      return Type::kTrue;
    case json::Kind::kNumber:
      return Type::kNumber;
    case json::Kind::kString:
      return Type::kString;
    case json::Kind::kArray:
      return Type::kArray;
    case json::Kind::kObject:
      return Type::kObject;
  }
  return Type::kNull;
}

Value value_of(const Token& token) {
  return {type_of(token.kind), {token.begin, token.end}, token.text};
}

ParseError error_of(json::ReadError error) {
  switch (error) {
    case json::ReadError::kNotJson:
      return ParseError::kNotJson;
    case json::ReadError::kTooDeep:
      return ParseError::kTooDeep;
    case json::ReadError::kTooLong:
      return ParseError::kTooLong;
    case json::ReadError::kTooManyItems:
      return ParseError::kTooManyItems;
    case json::ReadError::kNotUtf8:
      return ParseError::kNotUtf8;
    case json::ReadError::kNulCharacter:
      return ParseError::kNulCharacter;
  }
  return ParseError::kNotJson;
}

// Two readers that differ in which of two equal keys counts are how requests are smuggled through a
// proxy, so a line may not have any. keys: of the outer object, decoded.
bool has_duplicate(std::span<const std::string_view> keys) {
  for (size_t i = 1; i < keys.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (keys[i] == keys[j]) return true;
  return false;
}

// The members of the outer object that mean something to us.
struct Members {
  const Token* id = nullptr;
  const Token* method = nullptr;
  const Token* params = nullptr;
  const Token* result = nullptr;
  const Token* error = nullptr;
  const Token* reject_reason = nullptr;

  void note(std::string_view key, const Token& value) {
    if (key == "id") id = &value;
    if (key == "method") method = &value;
    if (key == "params") params = &value;
    if (key == "result") result = &value;
    if (key == "error") error = &value;
    if (key == "reject-reason") reject_reason = &value;
  }
};

// tokens: of one object.
Result<Members, ParseError> members_of(std::span<const Token> tokens) {
  const uint32_t count = tokens[0].count;
  if (count > kMembersMax) return Error(ParseError::kTooManyItems);
  std::array<std::string_view, kMembersMax> keys;
  Members members;
  uint32_t at = 1;
  for (uint32_t n = 0; n < count; ++n) {
    keys[n] = tokens[at].text;
    members.note(keys[n], tokens[at + 1]);
    at = tokens[at + 1].next;
  }
  if (has_duplicate({keys.data(), count})) return Error(ParseError::kDuplicateKey);
  return members;
}

// A id that could not be echoed in bounded space counts as none.
bool is_usable_id(const Token& id) {
  return id.kind != json::Kind::kArray && id.kind != json::Kind::kObject &&
         id.end - id.begin <= kIdBytesMax;
}

void take_params(Message& message, const Token& params, std::span<const Token> tokens) {
  message.params = value_of(params);
  message.param_count = params.count;
  auto at = static_cast<size_t>(&params - tokens.data()) + 1;
  for (size_t n = 0; n < params.count && n < kParamsKept; ++n) {
    message.param[n] = value_of(tokens[at]);
    at = tokens[at].next;
  }
}

// The two parts of an error that matter, in the array form or the object form of JSON-RPC.
void take_error(Message& message, const Token& error, std::span<const Token> tokens) {
  message.error = value_of(error);
  auto at = static_cast<size_t>(&error - tokens.data()) + 1;
  if (error.kind == json::Kind::kArray) {
    for (uint32_t n = 0; n < error.count && n < 2; ++n, at = tokens[at].next)
      (n == 0 ? message.error_code : message.error_text) = value_of(tokens[at]);
  } else if (error.kind == json::Kind::kObject) {
    for (uint32_t n = 0; n < error.count; ++n, at = tokens[at + 1].next) {
      if (tokens[at].text == "code") message.error_code = value_of(tokens[at + 1]);
      if (tokens[at].text == "message") message.error_text = value_of(tokens[at + 1]);
    }
  }
}

// Returns whether params have a shape that the method may have.
bool read_params(Message& message, const Token& params, std::span<const Token> tokens) {
  if (params.kind == json::Kind::kArray) {
    take_params(message, params, tokens);
    return true;
  }
  if (params.kind == json::Kind::kString && message.method == Method::kSetVersionMask) {
    message.params = value_of(params);
    message.param[0] = message.params;
    message.param_count = 1;
    return true;
  }
  message.params.type = type_of(params.kind);
  message.params.span = {params.begin, params.end};
  return params.kind == json::Kind::kNull;
}

}  // namespace

Parser::Parser(size_t line_bytes_max)
    : reader_(json::Limits{line_bytes_max, kJsonDepthMax, kJsonItemsMax}) {}

Result<Message, ParseError> Parser::parse(std::string_view line) {
  message_ = Message{};
  const auto tokens = reader_.read(trimmed(line));
  if (!tokens) return Error(error_of(tokens.error()));
  if ((*tokens)[0].kind != json::Kind::kObject) return Error(ParseError::kNotJson);
  const auto members = members_of(*tokens);
  if (!members) return Error(members.error());

  const bool is_id_wrong = members->id != nullptr && !is_usable_id(*members->id);
  if (members->id != nullptr && !is_id_wrong) message_.id = value_of(*members->id);
  if (members->result != nullptr) message_.result = value_of(*members->result);
  if (members->error != nullptr) take_error(message_, *members->error, *tokens);
  if (members->reject_reason != nullptr) message_.reject_reason = value_of(*members->reject_reason);

  bool is_wrong = is_id_wrong;
  if (members->method != nullptr && members->method->kind == json::Kind::kString) {
    message_.kind = Kind::kRequest;
    message_.method_name = members->method->text;
    message_.method = method_named(message_.method_name);
    if (members->params != nullptr && !read_params(message_, *members->params, *tokens))
      is_wrong = true;
  } else if (members->result != nullptr || members->error != nullptr) {
    message_.kind = Kind::kResponse;
  } else {
    return Error(members->method != nullptr ? ParseError::kWrongType : ParseError::kNeither);
  }
  if (is_wrong) return Error(ParseError::kWrongType);
  if (reader_.has_escaped_nul()) return Error(ParseError::kNulCharacter);
  return message_;
}

std::string_view describe(ParseError error) {
  switch (error) {
    case ParseError::kNotJson:
      return "not one JSON object";
    case ParseError::kTooDeep:
      return "nested too deeply";
    case ParseError::kTooLong:
      return "line too long";
    case ParseError::kTooManyItems:
      return "too many values";
    case ParseError::kDuplicateKey:
      return "duplicate key";
    case ParseError::kNotUtf8:
      return "not UTF-8";
    case ParseError::kNulCharacter:
      return "NUL character";
    case ParseError::kWrongType:
      return "a member has the wrong type";
    case ParseError::kNeither:
      return "neither request nor response";
  }
  return "not one JSON object";
}

}  // namespace loka::stratum
