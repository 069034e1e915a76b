// A whole JSON text to look into, for paths where an allocation does not matter: control messages,
// answers of a pool during its handshake. Read only; asking for what is not there gives nothing,
// never an error, so that a chain of questions needs one check at its end.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/json/reader.h"

namespace loka::json {

// A place in a Document, which must outlive it; or nowhere.
class Value {
 public:
  Value() = default;

  [[nodiscard]] bool exists() const { return token_ != nullptr; }
  [[nodiscard]] bool is(Kind kind) const { return exists() && token_->kind == kind; }
  [[nodiscard]] bool is_null() const { return is(Kind::kNull); }
  [[nodiscard]] bool is_array() const { return is(Kind::kArray); }
  [[nodiscard]] bool is_object() const { return is(Kind::kObject); }

  // Strict: a value of another type is nothing. Views live as long as the Document.
  [[nodiscard]] std::optional<std::string_view> as_string() const;
  [[nodiscard]] std::optional<bool> as_bool() const;
  [[nodiscard]] std::optional<double> as_double() const;
  [[nodiscard]] std::optional<int64_t> as_int64() const;
  [[nodiscard]] std::optional<uint64_t> as_uint64() const;

  // The text as it stood there; empty for nowhere.
  [[nodiscard]] std::string_view raw() const;

  // Items of an array or members of an object; 0 for the rest.
  [[nodiscard]] size_t size() const;
  // The item or member value at this place, in the order of the text; nowhere if there is none.
  // Walks from the start: use it for few items.
  [[nodiscard]] Value at(size_t index) const;
  // The key at this place of an object; empty if there is none.
  [[nodiscard]] std::string_view key_at(size_t index) const;
  // The member of that name, the first if there are several; nowhere if this is no object.
  [[nodiscard]] Value operator[](std::string_view key) const;

  // Calls visit(Value) for each item of an array, or visit(key, Value) for each member of an
  // object.
  template <class Visit>
  void for_each_item(Visit&& visit) const {
    for (uint32_t n = is_array() ? token_->count : 0, i = index() + 1; n > 0; --n, i = after(i))
      visit(Value(tokens_, text_, i));
  }
  template <class Visit>
  void for_each_member(Visit&& visit) const {
    for (uint32_t n = is_object() ? token_->count : 0, i = index() + 1; n > 0;
         --n, i = after(i + 1))
      visit(tokens_[i].text, Value(tokens_, text_, i + 1));
  }

 private:
  friend class Document;
  Value(const Token* tokens, const char* text, uint32_t index)
      : tokens_(tokens), token_(tokens + index), text_(text) {}

  [[nodiscard]] uint32_t index() const { return static_cast<uint32_t>(token_ - tokens_); }
  [[nodiscard]] uint32_t after(uint32_t index) const { return tokens_[index].next; }

  const Token* tokens_ = nullptr;
  const Token* token_ = nullptr;
  const char* text_ = nullptr;
};

class Document {
 public:
  // For messages between our own programs and parts of a pool's lines.
  static constexpr size_t kDepthMax = 32;
  static constexpr size_t kItemsMax = 1U << 20U;

  // Copies the text. Limits are those above, scaled down to what a text of its length can hold.
  [[nodiscard]] static Result<Document, ReadError> parse(std::string_view text);

  [[nodiscard]] Value root() const { return {tokens_.data(), text_->data(), 0}; }

 private:
  Document(std::unique_ptr<std::string> text, Reader reader, std::span<const Token> tokens)
      : text_(std::move(text)), reader_(std::move(reader)), tokens_(tokens) {}

  std::unique_ptr<std::string> text_;  // on the heap, so that views survive a move
  Reader reader_;                      // owns the tokens and the decoded strings
  std::span<const Token> tokens_;
};

}  // namespace loka::json
