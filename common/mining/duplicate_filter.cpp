#include "common/mining/duplicate_filter.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "common/base/check.h"

namespace loka::mining {

DuplicateFilter::DuplicateFilter(size_t remembered_min)
    : remembered_min_(remembered_min), mask_(std::bit_ceil(2 * remembered_min) - 1) {
  CHECK(remembered_min > 0);
  young_ = make_table(mask_ + 1);
  old_ = make_table(mask_ + 1);
}

DuplicateFilter::Table DuplicateFilter::make_table(size_t slots) {
  Table table(static_cast<Key*>(std::calloc(slots, sizeof(Key))));
  CHECK(table != nullptr);
  return table;
}

bool DuplicateFilter::insert(const bitcoin::Hash& hash) {
  const Key key = key_of(hash);
  if (find(old_.get(), mask_, key) == key) return false;
  Key& place = find(young_.get(), mask_, key);
  if (place == key) return false;
  place = key;
  if (++young_count_ == remembered_min_) {
    std::swap(young_, old_);
    std::fill_n(young_.get(), mask_ + 1, Key{});
    young_count_ = 0;
  }
  return true;
}

bool DuplicateFilter::contains(const bitcoin::Hash& hash) const {
  const Key key = key_of(hash);
  return find(young_.get(), mask_, key) == key || find(old_.get(), mask_, key) == key;
}

void DuplicateFilter::clear() {
  std::fill_n(young_.get(), mask_ + 1, Key{});
  std::fill_n(old_.get(), mask_ + 1, Key{});
  young_count_ = 0;
}

DuplicateFilter::Key DuplicateFilter::key_of(const bitcoin::Hash& hash) {
  Key key;
  std::memcpy(&key.low, hash.data(), sizeof key.low);
  std::memcpy(&key.high, hash.data() + sizeof key.low, sizeof key.high);
  if (key.is_empty()) key.low = 1;  // zero marks a hole
  return key;
}

DuplicateFilter::Key& DuplicateFilter::find(Key* table, size_t mask, const Key& key) {
  size_t at = key.low & mask;
  while (!table[at].is_empty() && !(table[at] == key)) at = (at + 1) & mask;
  return table[at];
}

}  // namespace loka::mining
