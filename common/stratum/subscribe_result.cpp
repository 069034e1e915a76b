#include "common/stratum/subscribe_result.h"

#include "common/json/document.h"
#include "common/json/number.h"
#include "common/stratum/hex_text.h"
#include "common/stratum/limits.h"

namespace loka::stratum {

std::string_view describe(SubscribeError error) {
  switch (error) {
    case SubscribeError::kRefused:
      return "the pool refused to subscribe";
    case SubscribeError::kBadExtranonce1:
      return "extranonce1 is not hex of at most 16 bytes";
    case SubscribeError::kBadExtranonce2Size:
      return "extranonce2_size is not 1 to 32";
  }
  return "the pool refused to subscribe";
}

bool is_extranonce1(std::string_view hex) {
  return hex.size() <= 2 * kExtranonce1BytesMax && is_hex_bytes(hex);
}

std::optional<int> extranonce2_size_of(std::string_view number) {
  const std::optional<int64_t> size = json::to_int64(number);
  if (!size || *size < 1 || *size > kExtranonce2BytesMax) return std::nullopt;
  return static_cast<int>(*size);
}

Result<SubscribeResult, SubscribeError> read_subscribe_result(std::string_view result) {
  const auto document = json::Document::parse(result);
  if (!document || !document->root().is_array() || document->root().size() < 3)
    return Error(SubscribeError::kRefused);
  const std::optional<std::string_view> extranonce1 = document->root().at(1).as_string();
  if (!extranonce1 || !is_extranonce1(*extranonce1)) return Error(SubscribeError::kBadExtranonce1);
  const json::Value size = document->root().at(2);
  const std::optional<int> bytes = extranonce2_size_of(size.as_string().value_or(size.raw()));
  if (!bytes) return Error(SubscribeError::kBadExtranonce2Size);
  return SubscribeResult{std::string(*extranonce1), *bytes};
}

}  // namespace loka::stratum
