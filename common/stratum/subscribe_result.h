// What a pool grants in its answer to mining.subscribe, and what an extranonce may be at all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace loka::stratum {

struct SubscribeResult {
  std::string extranonce1;   // hex, 0 to kExtranonce1BytesMax bytes, as the pool spelled it
  int extranonce2_size = 0;  // bytes, 1 to kExtranonce2BytesMax
};

enum class SubscribeError : uint8_t {
  kRefused,  // no array of three items: a text ("proxy full"), false, null
  kBadExtranonce1,
  kBadExtranonce2Size,
};

[[nodiscard]] std::string_view describe(SubscribeError error);

// result: the JSON of the answer's result. Whether the answer has an error beside it is the
// caller's to see first.
[[nodiscard]] Result<SubscribeResult, SubscribeError> read_subscribe_result(
    std::string_view result);

// Whole bytes in hex, at most kExtranonce1BytesMax; none at all is an extranonce1 too (p2pool).
[[nodiscard]] bool is_extranonce1(std::string_view hex);

// 1 to kExtranonce2BytesMax, written as 8, 8.0 or "8"; nullopt otherwise. number: the text without
// quotes.
[[nodiscard]] std::optional<int> extranonce2_size_of(std::string_view number);

}  // namespace loka::stratum
