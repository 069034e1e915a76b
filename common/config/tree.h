// What a source says, before anybody knows whether it makes sense: scalars, lists and mappings with
// their places. YAML files, the environment and --set all become one of these, so that a single
// walk judges them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/origins.h"

namespace loka::config {

struct Member;

struct Value {
  enum class Kind : uint8_t { kNull, kScalar, kList, kMapping };
  Kind kind = Kind::kNull;
  Origin place;
  std::string text;             // kScalar
  std::vector<Value> items;     // kList
  std::vector<Member> members;  // kMapping, in the order of the source, duplicates included
};

struct Member {
  std::string key;
  Origin place;  // of the key
  Value value;
};

enum class LayerKind : uint8_t {
  kFile,
  kNames,  // environment and --set: a list may be a mapping of numbers from 1 (pools.2.url),
           // and there is no `pool`, only pools.1
};

struct Layer {
  Value root;
  LayerKind kind = LayerKind::kFile;
  bool others_may_read = false;  // the file's mode has o+r: no place for secrets
  std::string directory;         // a relative password_file counts from here; empty: as it is
};

// Every value must be valid UTF-8 without control characters. Gives the offset of the first byte
// that is not, or text.size(). allowed: control characters that may occur all the same.
[[nodiscard]] size_t clean_prefix(std::string_view text, std::string_view allowed = {});

// A position in a list as the environment writes it: 1 to max, without leading zeros.
[[nodiscard]] std::optional<size_t> parse_position(std::string_view text, size_t max);

}  // namespace loka::config
