// One Stratum line, taken apart just far enough to route it. Everything is a view into the parser's
// private copy or a span of the original line, so that a line can go on as it came with only its id
// and its login exchanged. Nothing here allocates.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace loka::stratum {

// Byte range of a JSON value in the original line, quotes and brackets included.
struct Span {
  uint32_t begin = 0;
  uint32_t end = 0;
  [[nodiscard]] bool empty() const { return begin == end; }
  [[nodiscard]] std::string_view of(std::string_view line) const {
    return line.substr(begin, end - begin);
  }
};

enum class Type : uint8_t { kAbsent, kNull, kFalse, kTrue, kNumber, kString, kArray, kObject };

// text: a string decoded (escapes resolved), a number's own digits; empty for the other types.
struct Value {
  Type type = Type::kAbsent;
  Span span;
  std::string_view text;

  [[nodiscard]] bool is_present() const { return type != Type::kAbsent; }
  [[nodiscard]] bool is_null() const { return type == Type::kNull || type == Type::kAbsent; }
  [[nodiscard]] bool is_scalar() const {
    return type != Type::kArray && type != Type::kObject && type != Type::kAbsent;
  }
};

enum class Method : uint8_t {
  kNone,  // a response
  kSubscribe,
  kAuthorize,
  kConfigure,
  kSubmit,
  kExtranonceSubscribe,
  kSuggestDifficulty,  // also the form with the value inside the name, suggest_difficulty(1024)
  kSuggestTarget,
  kGetTransactions,
  kPing,  // mining.ping, either direction
  kPong,  // pong, mining.pong: Bitaxe's answer to a ping, itself a request
  kNotify,
  kSetDifficulty,
  kSetTarget,
  kSetExtranonce,
  kSetVersionMask,
  kReconnect,       // client.reconnect
  kGetVersion,      // client.get_version
  kShowMessage,     // client.show_message
  kAdministrative,  // ckpool's mining.passthrough, mining.node, mining.remote, mining.term and
                    // agent.*, and everything that begins with one of them
  kUnknown,
};

enum class Kind : uint8_t { kRequest, kResponse };  // a notification is a request whose id is null

inline constexpr size_t kParamsKept = 16;

// Classified in this order: a string `method` makes a request, whatever else is there; otherwise
// `result` or `error` makes a response.
struct Message {
  Kind kind = Kind::kRequest;
  Method method = Method::kNone;
  std::string_view method_name;
  Value id;
  Value params;                            // kArray, or absent/null, which means []
  std::array<Value, kParamsKept> param{};  // the first items of params; the rest kAbsent
  uint32_t param_count = 0;                // all items of params
  Value result;
  Value error;
  Value error_code;     // the first item of an error that is an array, or its "code"
  Value error_text;     // the second item, or its "message"
  Value reject_reason;  // ckpool's "reject-reason" beside result

  [[nodiscard]] bool wants_answer() const { return kind == Kind::kRequest && !id.is_null(); }
};

}  // namespace loka::stratum
