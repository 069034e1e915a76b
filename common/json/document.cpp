#include "common/json/document.h"

#include <algorithm>

#include "common/json/number.h"

namespace loka::json {

std::optional<std::string_view> Value::as_string() const {
  if (!is(Kind::kString)) return std::nullopt;
  return token_->text;
}

std::optional<bool> Value::as_bool() const {
  if (is(Kind::kTrue)) return true;
  if (is(Kind::kFalse)) return false;
  return std::nullopt;
}

std::optional<double> Value::as_double() const {
  return is(Kind::kNumber) ? to_double(token_->text) : std::nullopt;
}

std::optional<int64_t> Value::as_int64() const {
  return is(Kind::kNumber) ? to_int64(token_->text) : std::nullopt;
}

std::optional<uint64_t> Value::as_uint64() const {
  return is(Kind::kNumber) ? to_uint64(token_->text) : std::nullopt;
}

std::string_view Value::raw() const {
  if (!exists()) return {};
  return {text_ + token_->begin, token_->end - token_->begin};
}

size_t Value::size() const { return exists() ? token_->count : 0; }

Value Value::at(size_t wanted) const {
  if (wanted >= size()) return {};
  const uint32_t key = is_object() ? 1 : 0;
  uint32_t i = index() + 1 + key;
  for (size_t n = 0; n < wanted; ++n) i = after(i) + key;
  return {tokens_, text_, i};
}

std::string_view Value::key_at(size_t wanted) const {
  const Value value = at(wanted);
  if (!is_object() || !value.exists()) return {};
  return tokens_[value.index() - 1].text;
}

Value Value::operator[](std::string_view key) const {
  if (!is_object()) return {};
  uint32_t i = index() + 1;
  for (uint32_t n = 0; n < token_->count; ++n) {
    if (tokens_[i].text == key) return {tokens_, text_, i + 1};
    i = after(i + 1);
  }
  return {};
}

Result<Document, ReadError> Document::parse(std::string_view text) {
  auto copy = std::make_unique<std::string>(text);
  // Each value but the first stands behind a comma or an opening bracket. Counting those first is
  // cheap; tokens for half as many values as bytes would cost ten times the parsing in page faults.
  size_t items = 1;
  for (const char c : {',', '[', '{'}) {
    items += static_cast<size_t>(std::count(text.begin(), text.end(), c));
  }
  items = std::min(items, kItemsMax);
  Reader reader({text.size(), kDepthMax, items});
  const auto tokens = reader.read(*copy);
  if (!tokens) return Error(tokens.error());
  return Document(std::move(copy), std::move(reader), *tokens);
}

}  // namespace loka::json
