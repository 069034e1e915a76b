#include "common/config/nearest.h"

#include <algorithm>
#include <string>
#include <vector>

namespace loka::config {

namespace {

// Longer words are nobody's typing error, and the table below is quadratic.
constexpr size_t kWordBytesMax = 64;

std::string bare(std::string_view word) {
  std::string out;
  for (const char c : word) {
    if (c == '-' || c == '_') continue;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

// Optimal string alignment, row by row; https://en.wikipedia.org/wiki/Damerau–Levenshtein_distance
size_t edits(std::string_view a, std::string_view b) {
  std::vector<size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({change, last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> known) {
  if (word.size() > kWordBytesMax) return std::nullopt;
  const std::string meant = bare(word);
  std::optional<std::string_view> best;
  size_t best_edits = 0;
  for (const std::string_view candidate : known) {
    const std::string bare_candidate = bare(candidate);
    const size_t count = edits(meant, bare_candidate);
    if (count > std::max<size_t>(1, bare_candidate.size() / 3)) continue;
    if (!best || count < best_edits) {
      best = candidate;
      best_edits = count;
    }
  }
  return best;
}

}  // namespace loka::config
