// What a simulated farm counted. Plain memory, so that a shard can leave it where its parent reads
// it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/base/time.h"
#include "tools/sim/latency.h"

namespace loka::sim {

// How often each error code was the reason. Pools have some twenty; further ones are counted under
// kOther.
class CodeCounts {
 public:
  static constexpr int kOther = 0;

  void add(int code, uint64_t count = 1);
  void add(const CodeCounts& other);
  template <class Visit>  // visit(code, count), in the order of their first appearance
  void for_each(Visit&& visit) const {
    for (const Row& row : rows_)
      if (row.count > 0) visit(row.code, row.count);
  }
  [[nodiscard]] uint64_t of(int code) const;

 private:
  struct Row {
    int code = kOther;
    uint64_t count = 0;
  };
  std::array<Row, 24> rows_{};  // the last is kOther's
};

struct FarmTotals {
  uint64_t miners = 0;
  uint64_t connected = 0;  // now
  uint64_t connected_max = 0;
  uint64_t authorized = 0;  // now
  uint64_t authorized_max = 0;
  uint64_t authorize_refused = 0;
  uint64_t connections = 0;
  uint64_t connections_lost = 0;   // that the farm did not end itself
  uint64_t connections_ended = 0;  // by --fin-after-submit and --rst-after-submit
  uint64_t reconnects = 0;
  uint64_t connect_failures = 0;
  uint64_t jobs = 0;
  uint64_t bad_lines = 0;  // that are no Stratum, or a job that cannot be one

  uint64_t submitted = 0;
  uint64_t accepted = 0;
  uint64_t rejected = 0;
  CodeCounts rejected_by_code;
  uint64_t lost = 0;       // without an answer
  uint64_t abandoned = 0;  // open when the farm itself reset the connection
  uint64_t answered_twice = 0;
  Latency latency;
  Duration longest_gap;  // without any answer while submits were open

  int connect_errno = 0;  // of a first connect that failed, which ends the run

  void add(const FarmTotals& other);
  // Whether every submit has got exactly one answer.
  [[nodiscard]] bool is_clean() const { return lost == 0 && answered_twice == 0; }
};

// For people, several lines; and one JSON document on one line. Both end with a newline.
[[nodiscard]] std::string table_of(const FarmTotals& totals, Duration elapsed, Duration cpu);
[[nodiscard]] std::string json_of(const FarmTotals& totals, Duration elapsed, Duration cpu);
// One line while it runs.
[[nodiscard]] std::string progress_of(const FarmTotals& totals);

}  // namespace loka::sim
