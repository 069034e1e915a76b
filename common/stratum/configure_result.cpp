#include "common/stratum/configure_result.h"

#include "common/base/hex.h"
#include "common/json/document.h"
#include "common/json/number.h"

namespace loka::stratum {
namespace {

constexpr std::string_view kRolling = "version-rolling";
constexpr std::string_view kMask = "version-rolling.mask";
constexpr std::string_view kSubscribeExtranonce = "subscribe-extranonce";
constexpr std::string_view kMinimumDifficulty = "minimum-difficulty";
constexpr std::string_view kMinimumDifficultyValue = "minimum-difficulty.value";

std::optional<uint32_t> mask_of(json::Value value) {
  const std::optional<std::string_view> digits = value.as_string();
  return digits ? hex_u32(*digits) : std::nullopt;
}

std::optional<double> minimum_of(json::Value value) {
  const std::optional<double> minimum = json::to_double(value.as_string().value_or(value.raw()));
  return minimum && *minimum >= 0 ? minimum : std::nullopt;
}

}  // namespace

ConfigureRequest read_configure_request(std::string_view params) {
  ConfigureRequest request;
  const auto document = json::Document::parse(params);
  if (!document) return request;
  const json::Value values = document->root().at(1);
  document->root().at(0).for_each_item([&](json::Value code) {
    const std::string_view name = code.as_string().value_or("");
    if (name == kRolling) request.wants_rolling = true;
    if (name == kSubscribeExtranonce) request.subscribes_extranonce = true;
    if (name == kMinimumDifficulty)
      request.minimum_difficulty = minimum_of(values[kMinimumDifficultyValue]);
  });
  request.mask = mask_of(values[kMask]).value_or(request.mask);
  return request;
}

ConfigureResult read_configure_result(std::string_view result) {
  ConfigureResult granted;
  const auto document = json::Document::parse(result);
  if (!document) return granted;
  const json::Value root = document->root();
  if (root[kRolling].as_bool() == true) granted.mask = mask_of(root[kMask]).value_or(0);
  granted.has_rolling = granted.mask != 0;
  granted.subscribes_extranonce = root[kSubscribeExtranonce].as_bool() == true;
  return granted;
}

}  // namespace loka::stratum
