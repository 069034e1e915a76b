// What the tests of this room share: a configuration from a few lines, and its problems as text.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "common/config/load.h"

// Shows lines in a failed check one by one.
template <>
struct doctest::StringMaker<std::vector<std::string>> {
  static doctest::String convert(const std::vector<std::string>& lines) {
    std::string out;
    for (const std::string& line : lines) out += "\n    " + line;
    return out.c_str();
  }
};

namespace loka::config {

inline std::vector<std::string> texts(const Problems& problems) {
  std::vector<std::string> out;
  for (const Problem& problem : problems) out.push_back(problem.text());
  return out;
}

inline std::vector<std::string> problems_of(std::string_view yaml) {
  return texts(load_text(yaml, "f").problems);
}

// A configuration with these lines and a pool that is fine.
inline LoadResult with_pool(const std::string& yaml) {
  return load_text(yaml + "\npool: {url: 'stratum+tcp://pool.example.com:3333'}\n", "f");
}

inline Pool pool_at(std::string name, std::string host, uint16_t port) {
  Pool pool;
  pool.name = std::move(name);
  pool.address = {std::move(host), port};
  return pool;
}

using Lines = std::vector<std::string>;

}  // namespace loka::config
