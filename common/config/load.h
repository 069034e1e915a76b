// From files, environment and command line to one Config. The only door to yaml-cpp, and the only
// place in common/ that reads files; no exception leaves it. Nothing stops at the first mistake:
// all problems of all sources come back together.
//
// Later sources win: built-in defaults, the file, conf.d/*.yaml beside it in the order of their
// names, the env file, the environment, --set. Mappings merge by key, lists replace; an environment
// name or --set may also name one entry of a list, from 1 (LOKA_POOLS_2_PASSWORD,
// pools.2.password).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/config/config.h"
#include "common/config/origins.h"
#include "common/config/problem.h"

namespace loka::config {

inline constexpr size_t kFileBytesMax = 1024 * 1024;     // a configuration file, an env file
inline constexpr size_t kSecretFileBytesMax = 4 * 1024;  // a password_file
inline constexpr size_t kDropInsMax = 64;

struct Sources {
  std::string file;                 // empty: none
  bool file_may_be_absent = false;  // true for the default path: a container may need none
  std::string env_file;             // empty: none
  // All of the environment as (name, value); names that do not begin with LOKA_ are skipped.
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<std::string> set;  // "key=value", in order
};

struct LoadResult {
  Config config;      // what could be read; to be used only if !has_errors(problems)
  Problems problems;  // in the order of the sources, then what validate() found
  Origins origins;
};

// Reads, merges and validates.
[[nodiscard]] LoadResult load(const Sources& sources);

// The environment of this process as Sources wants it.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> process_environment();

// Reads back what dump(config, Secrets::kShow) wrote: how an engine gets its configuration. Reads
// no file. Not validated again. error: the first problem's text.
[[nodiscard]] Result<Config, std::string> parse_canonical(std::string_view yaml);

// A configuration given as text, as if it were the file `name`: for tests and fuzzing. Reads no
// file: a password_file is a problem.
[[nodiscard]] LoadResult load_text(std::string_view yaml, const std::string& name);

}  // namespace loka::config
