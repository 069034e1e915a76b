// Limits of the wire, with the reasons. Everything that a peer can make grow has its bound here or
// in config.h.
#pragma once

#include <cstddef>

#include "common/base/time.h"

namespace loka::stratum {

// Lines without their newline. Miners' lines are 60–700 bytes; pools' notifies up to 35 KiB.
inline constexpr size_t kMinerLineBytesMax = 8 * 1024;
inline constexpr size_t kPoolLineBytesMax = 64 * 1024;

inline constexpr size_t kJsonDepthMax = 16;      // legitimate: at most 5
inline constexpr size_t kJsonItemsMax = 4096;    // values in one line
inline constexpr size_t kMembersMax = 64;        // of the outer object; legitimate: at most 8
inline constexpr size_t kIdBytesMax = 64;        // a scalar id, as raw text
inline constexpr size_t kLoginBytesMax = 128;    // Whatsminer overflows above 127, DATUM takes 191
inline constexpr size_t kPasswordBytesMax = 64;  // ckpool's cap
inline constexpr size_t kAgentBytesMax = 128;
inline constexpr size_t kJobIdBytesMax = 64;  // p2pool uses 39
inline constexpr size_t kExtranonce1BytesMax = 16;
inline constexpr int kExtranonce2BytesMax = 32;

inline constexpr int kBadLinesMax = 3;  // from a miner: the third closes

}  // namespace loka::stratum
