// mining.configure (BIP 310), both ways: what a miner asks for and what a pool grants. Lenient:
// codes that are missing, unknown or of the wrong type are not asked for and not granted.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace loka::stratum {

struct ConfigureRequest {
  bool wants_rolling = false;
  uint32_t mask = 0xffffffff;  // BIP 310's default
  bool subscribes_extranonce = false;
  std::optional<double> minimum_difficulty;  // finite, 0 or above; 0 switches it off
};

// params: the JSON of the request's params, an array of codes and an object; may be empty.
[[nodiscard]] ConfigureRequest read_configure_request(std::string_view params);

struct ConfigureResult {
  bool has_rolling = false;  // granted, with a mask that has at least one bit
  uint32_t mask = 0;         // 0 without rolling
  bool subscribes_extranonce = false;
};

// result: the JSON of the answer's result, an object; all else grants nothing. A mask may have
// fewer than eight digits.
[[nodiscard]] ConfigureResult read_configure_result(std::string_view result);

}  // namespace loka::stratum
