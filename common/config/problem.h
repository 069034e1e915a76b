// What is wrong with a configuration: where, which key, what, and how to mend it. Problems are
// collected and shown together, so that an operator mends a file in one go. Nobody formats them
// but text().
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace loka::config {

struct Problem {
  std::string file;  // or "environment LOKA_X" or "--set", which have no lines
  int line = 0;      // from 1; 0: the source has no lines, or the whole file is meant
  int column = 0;    // from 1
  std::string key;   // as it was written: "pool.port"; empty: not about one key
  std::string what;  // "must be a number from 1 to 65535"
  std::string mend;  // "write the port the pool listens on"; may be empty
  bool is_warning = false;

  bool operator==(const Problem&) const = default;
  // "file:line:column: key: what; mend", without the parts that are empty. One line whatever the
  // file contained: control characters are replaced.
  [[nodiscard]] std::string text() const;
};

using Problems = std::vector<Problem>;

// Problems kept of one load; what comes after is summed up in one more.
inline constexpr size_t kProblemsMax = 100;

// Adds one, or the summing-up once there are kProblemsMax.
void add_problem(Problems& problems, Problem problem);

// Whether any of them is more than a warning: such a configuration is not taken.
[[nodiscard]] bool has_errors(const Problems& problems);

}  // namespace loka::config
