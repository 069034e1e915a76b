#include "common/stratum/notify.h"

#include "common/base/hex.h"
#include "common/json/number.h"
#include "common/stratum/hex_text.h"
#include "common/stratum/limits.h"
#include "common/stratum/subscribe_result.h"

namespace loka::stratum {
namespace {

constexpr uint32_t kNotifyItemsMin = 8;  // clean_jobs may be missing
constexpr size_t kHashDigits = 64;
constexpr size_t kU32Digits = 8;
// A block of 2^32 transactions; pools send up to 14.
constexpr uint32_t kMerkleBranchMax = 32;

bool is_hash(std::string_view text) { return text.size() == kHashDigits && is_hex(text); }

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

void skip_blanks(std::string_view& text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
}

// Takes one quoted hash from the front. An escape in it is refused: nobody writes hashes so.
bool take_hash(std::string_view& text) {
  if (text.size() < kHashDigits + 2 || text.front() != '"' || text[kHashDigits + 1] != '"')
    return false;
  if (!is_hash(text.substr(1, kHashDigits))) return false;
  text.remove_prefix(kHashDigits + 2);
  return true;
}

// array: a JSON array, known to be well formed. Number of its hashes, nullopt if an item is none.
std::optional<uint32_t> count_hashes(std::string_view array) {
  array.remove_prefix(1);
  array.remove_suffix(1);
  uint32_t count = 0;
  skip_blanks(array);
  while (!array.empty()) {
    if (count == kMerkleBranchMax || !take_hash(array)) return std::nullopt;
    ++count;
    skip_blanks(array);
    if (array.empty()) break;
    array.remove_prefix(1);  // the comma
    skip_blanks(array);
  }
  return count;
}

// clean_jobs in the forms seen.
std::optional<bool> read_clean_jobs(const Value& value) {
  switch (value.type) {
    case Type::kTrue:
      return true;
    case Type::kFalse:
    case Type::kNull:
    case Type::kAbsent:
      return false;
    case Type::kNumber:
    case Type::kString:
      if (value.text == "1" || value.text == "true") return true;
      if (value.text == "0" || value.text == "false") return false;
      return std::nullopt;
    case Type::kArray:
    case Type::kObject:
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<uint32_t> full_u32(const Value& value) {
  return value.text.size() == kU32Digits ? hex_u32(value.text) : std::nullopt;
}

bool is_number_or_string(const Value& value) {
  return value.type == Type::kNumber || value.type == Type::kString;
}

// The first param of a notification that needs a string there.
Result<std::string_view, NotificationError> first_string(const Message& message) {
  if (message.param_count == 0) return Error(NotificationError::kMissingItem);
  if (message.param[0].type != Type::kString) return Error(NotificationError::kWrongType);
  return message.param[0].text;
}

bool has_notify_types(const Message& message) {
  for (const size_t item : {0U, 1U, 2U, 3U, 5U, 6U, 7U})
    if (message.param[item].type != Type::kString) return false;
  const Type branch = message.param[4].type;
  return branch == Type::kArray || branch == Type::kNull;
}

}  // namespace

std::string_view describe(NotificationError error) {
  switch (error) {
    case NotificationError::kMissingItem:
      return "an item is missing";
    case NotificationError::kWrongType:
      return "an item has the wrong type";
    case NotificationError::kOutOfRange:
      return "a value is out of range";
  }
  return "an item has the wrong type";
}

Result<Notify, NotificationError> read_notify(std::string_view line, const Message& message) {
  if (message.param_count < kNotifyItemsMin) return Error(NotificationError::kMissingItem);
  const auto& item = message.param;
  const std::optional<bool> clean_jobs = read_clean_jobs(item[8]);
  if (!has_notify_types(message) || !clean_jobs) return Error(NotificationError::kWrongType);

  const std::optional<uint32_t> hashes =
      item[4].type == Type::kArray ? count_hashes(item[4].span.of(line)) : 0;
  const std::optional<uint32_t> version = hex_u32(item[5].text);
  const std::optional<uint32_t> nbits = full_u32(item[6]);
  const std::optional<uint32_t> ntime = full_u32(item[7]);
  const bool is_job_id = !item[0].text.empty() && item[0].text.size() <= kJobIdBytesMax;
  const bool is_coinbase = is_hex_bytes(item[2].text) && is_hex_bytes(item[3].text);
  if (!hashes || !version || !nbits || !ntime || !is_job_id || !is_hash(item[1].text) ||
      !is_coinbase)
    return Error(NotificationError::kOutOfRange);
  return Notify{item[0].text, item[1].text, item[2].text, item[3].text, item[4].span,
                *hashes,      *version,     *nbits,       *ntime,       *clean_jobs};
}

Result<double, NotificationError> read_set_difficulty(const Message& message) {
  if (message.param_count == 0) return Error(NotificationError::kMissingItem);
  if (!is_number_or_string(message.param[0])) return Error(NotificationError::kWrongType);
  const std::optional<double> difficulty = json::to_double(message.param[0].text);
  if (!difficulty || *difficulty <= 0) return Error(NotificationError::kOutOfRange);
  return *difficulty;
}

Result<SetExtranonce, NotificationError> read_set_extranonce(const Message& message) {
  const auto extranonce1 = first_string(message);
  if (!extranonce1) return Error(extranonce1.error());
  if (!is_extranonce1(*extranonce1)) return Error(NotificationError::kOutOfRange);
  SetExtranonce change{*extranonce1, std::nullopt};
  const Value& size = message.param[1];
  if (size.is_null()) return change;
  if (!is_number_or_string(size)) return Error(NotificationError::kWrongType);
  change.extranonce2_size = extranonce2_size_of(size.text);
  if (!change.extranonce2_size) return Error(NotificationError::kOutOfRange);
  return change;
}

Result<uint32_t, NotificationError> read_set_version_mask(const Message& message) {
  const auto digits = first_string(message);
  if (!digits) return Error(digits.error());
  const std::optional<uint32_t> mask = hex_u32(*digits);
  if (!mask) return Error(NotificationError::kOutOfRange);
  return *mask;
}

Result<std::string_view, NotificationError> read_set_target(const Message& message) {
  const auto digits = first_string(message);
  if (!digits) return Error(digits.error());
  if (!is_hash(*digits)) return Error(NotificationError::kOutOfRange);
  return *digits;
}

}  // namespace loka::stratum
