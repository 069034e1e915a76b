// Notifications of a pool, checked before they may reach a miner: type confusion in a notify has
// sent firmwares into reboot loops. Returned are the values that we use ourselves; views point to
// where the message's do.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/base/result.h"
#include "common/stratum/message.h"

namespace loka::stratum {

enum class NotificationError : uint8_t {
  kMissingItem,
  kWrongType,
  kOutOfRange,
};

[[nodiscard]] std::string_view describe(NotificationError error);

struct Notify {
  std::string_view job_id;    // 1 to kJobIdBytesMax bytes, opaque
  std::string_view prevhash;  // 64 hex digits, words swapped as on the wire
  std::string_view coinb1;    // hex, whole bytes
  std::string_view coinb2;
  Span merkle_branch;  // JSON in the line: null or an array of hashes of 64 hex digits
  uint32_t merkle_branch_count = 0;
  uint32_t version = 0;
  uint32_t nbits = 0;
  uint32_t ntime = 0;
  bool clean_jobs = false;
};

// mining.notify: nine items, of which the last may be missing (false), 0, 1, "true" or "false"; a
// version may have fewer than eight digits; further items are ignored. line: the one that was
// parsed.
[[nodiscard]] Result<Notify, NotificationError> read_notify(std::string_view line,
                                                            const Message& message);

// mining.set_difficulty: a number, or one in quotes; above 0 and finite.
[[nodiscard]] Result<double, NotificationError> read_set_difficulty(const Message& message);

struct SetExtranonce {
  std::string_view extranonce1;         // hex, as the pool spelled it
  std::optional<int> extranonce2_size;  // missing keeps the one before
};

[[nodiscard]] Result<SetExtranonce, NotificationError> read_set_extranonce(const Message& message);

// mining.set_version_mask: one to eight hex digits.
[[nodiscard]] Result<uint32_t, NotificationError> read_set_version_mask(const Message& message);

// mining.set_target: 64 hex digits, most significant first, as they stood there.
[[nodiscard]] Result<std::string_view, NotificationError> read_set_target(const Message& message);

}  // namespace loka::stratum
