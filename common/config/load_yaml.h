// YAML text to a tree. What yaml-cpp accepts in silence and an operator would not mean is refused
// here: aliases, tags, a second document, bytes that end its input early. Bounded in depth and in
// the number of values, because the text may be hostile.
#pragma once

#include <string>
#include <string_view>

#include "common/config/problem.h"
#include "common/config/tree.h"

namespace loka::config {

inline constexpr size_t kYamlDepthMax = 8;        // ours needs 4
inline constexpr size_t kYamlValuesMax = 10'000;  // ours needs some 200

// source: what problems and origins call the text. After an error of syntax the tree holds nothing,
// because half a file is another configuration than the whole.
[[nodiscard]] Value read_yaml(std::string_view text, const std::string& source, Problems& problems);

}  // namespace loka::config
