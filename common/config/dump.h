// A Config as canonical YAML: every key, in the order of the manual, all text quoted. What is shown
// with Secrets::kShow is read back by parse_canonical() to an equal Config.
#pragma once

#include <cstdint>
#include <string>

#include "common/config/config.h"
#include "common/config/origins.h"

namespace loka::config {

enum class Secrets : uint8_t { kMask, kShow };

// What stands in the place of a secret that is not empty.
inline constexpr const char* kMaskedSecret = "********";

// origins: if given, each value is followed by a comment that says where it came from.
[[nodiscard]] std::string dump(const Config& config, Secrets secrets,
                               const Origins* origins = nullptr);

}  // namespace loka::config
