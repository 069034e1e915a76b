// What a simulated pool counted. Plain memory, so that a shard can leave it where its parent reads
// it.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "common/base/time.h"
#include "common/mining/share.h"

namespace loka::sim {

struct PoolTotals {
  uint64_t connections = 0;
  uint64_t connections_open = 0;
  uint64_t connected_max = 0;
  uint64_t submits = 0;
  uint64_t accepted = 0;  // blocks too
  uint64_t blocks = 0;
  std::array<uint64_t, mining::kReasons> rejected{};
  uint64_t rejected_at_random = 0;  // valid, but --reject-rate said no
  uint64_t answers = 0;             // to submits, handed to their connection
  uint64_t bad_lines = 0;           // that are no Stratum
  uint64_t ledger_failures = 0;     // the file took less than what was written

  [[nodiscard]] uint64_t rejected_sum() const;
  void add(const PoolTotals& other);
};

// For people, several lines; and one JSON document on one line. Both end with a newline.
[[nodiscard]] std::string table_of(const PoolTotals& totals, Duration elapsed, Duration cpu);
[[nodiscard]] std::string json_of(const PoolTotals& totals, Duration elapsed, Duration cpu);
// One line while it runs.
[[nodiscard]] std::string progress_of(const PoolTotals& totals);

}  // namespace loka::sim
