// Which known word somebody meant who wrote another.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace loka::config {

// The known word with the fewest edits (insert, delete, change, swap of neighbours), case, '-' and
// '_' not counting; nullopt if none is near enough to be a help: up to a third of its letters. The
// first of several equals wins.
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view word,
                                                      std::span<const std::string_view> known);

}  // namespace loka::config
