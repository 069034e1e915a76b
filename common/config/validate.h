// Judges a configuration as a whole: what each value means, and whether the values fit together.
// All problems at once, each at the place its value came from. load() has already called it.
#pragma once

#include "common/config/config.h"
#include "common/config/origins.h"
#include "common/config/problem.h"

namespace loka::config {

// A login upstream is username + separator + worker name, 128 bytes in all on the wire; this leaves
// 31 bytes for the worker name.
inline constexpr size_t kUsernameBytesMax = 96;
inline constexpr size_t kPasswordBytesMax = 256;
inline constexpr size_t kPoolNameBytesMax = 64;
inline constexpr size_t kHostBytesMax = 253;  // RFC 1035, without the last dot
inline constexpr size_t kPathBytesMax = 1024;
inline constexpr size_t kRuntimeDirBytesMax = 90;  // "/control.sock" must fit sun_path (108)
inline constexpr size_t kSeparatorsMax = 4;
inline constexpr uint32_t kConnectionsMax = 1'000'000;
inline constexpr Duration kJobsMin = Duration::seconds(10);
inline constexpr Duration kJobsMax = Duration::hours(24);
inline constexpr Duration kSubmissionsMin = Duration::minutes(1);
inline constexpr Duration kSubmissionsMax = Duration::hours(30 * 24);

[[nodiscard]] Problems validate(const Config& config, const Origins& origins);

}  // namespace loka::config
