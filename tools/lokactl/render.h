// The service's documents as text for people.
#pragma once

#include <string>

#include "common/control/documents.h"

namespace loka::lokactl {

[[nodiscard]] std::string render(const control::Status& status, bool colours);
[[nodiscard]] std::string render(const control::Workers& document, bool colours);
// Sorted by login, then by address.
[[nodiscard]] std::string render(const control::Miners& document, bool colours);
// The answer to `miner NAME`: each session with everything that is known of it.
[[nodiscard]] std::string render_in_full(const control::Miners& document, bool colours);
[[nodiscard]] std::string render(const control::Pools& document, bool colours);
[[nodiscard]] std::string render(const control::ConfigText& document, bool colours);
[[nodiscard]] std::string render(const control::ReloadReport& document, bool colours);
[[nodiscard]] std::string render(const control::Version& document, bool colours);
[[nodiscard]] std::string render(const control::Done& document, bool colours);

}  // namespace loka::lokactl
