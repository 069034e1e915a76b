// Keys named in one string: LOKA_POOLS_1_PASSWORD in the environment or an env file, and
// pools.1.password after --set. Both become a tree, which the same walk judges as a file. Here
// `pool` is short for the first of the pools, so that a container can set it whatever the file has.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/config/problem.h"
#include "common/config/tree.h"

namespace loka::config {

struct NamedValue {
  std::string name;
  std::string value;
  Origin place;
};

// Lines NAME=value; blank lines and lines that begin with # are skipped, `export ` before the name
// and one pair of quotes around the value are taken off, nothing is expanded.
[[nodiscard]] std::vector<NamedValue> parse_env_text(std::string_view text,
                                                     const std::string& source, Problems& problems);

// Variables that begin with LOKA_; an unknown one is a warning, because container platforms inject
// names of their own. Those that other programs of ours read (LOKA_SOCKET) are no configuration.
[[nodiscard]] Value tree_of_environment(std::vector<NamedValue> variables, Problems& problems);

// "key=value" each; of two for the same key the later counts.
[[nodiscard]] Value tree_of_set(const std::vector<std::string>& assignments, Problems& problems);

// Every environment name, pools' keys as LOKA_POOL_…: for the manual and for suggestions.
[[nodiscard]] std::vector<std::string> environment_names();

}  // namespace loka::config
