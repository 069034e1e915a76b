// Remembers which shares were accepted, by the hash of their header: two submits are the same work
// exactly when their headers are equal, whatever the spelling of their fields and whichever job ids
// they name. Bounded: the oldest are forgotten in bulk, never fewer than asked for are remembered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "common/bitcoin/sha256d.h"

namespace loka::mining {

class DuplicateFilter {
 public:
  // remembered_min: the newest shares that are always known, at least 1. Costs 64 to 128 bytes
  // each; the memory is allocated here, and touched only as shares come.
  explicit DuplicateFilter(size_t remembered_min);

  // Remembers the share; false if it is remembered already.
  bool insert(const bitcoin::Hash& hash);
  [[nodiscard]] bool contains(const bitcoin::Hash& hash) const;

  // For a new block, whose headers cannot equal older ones.
  void clear();

 private:
  // Half of a hash, the one without the leading zeros of proof of work: as good as random, so it is
  // its own place in the table, and equal halves of different hashes do not happen.
  struct Key {
    uint64_t low = 0;
    uint64_t high = 0;
    bool operator==(const Key&) const = default;
    [[nodiscard]] bool is_empty() const { return low == 0 && high == 0; }
  };
  static Key key_of(const bitcoin::Hash& hash);

  // From calloc: pages of a large table cost nothing until a share falls on them.
  struct Free {
    void operator()(Key* table) const { std::free(table); }
  };
  using Table = std::unique_ptr<Key[], Free>;
  static Table make_table(size_t slots);

  // The place of the key, or of the hole where it belongs. Never full: see insert().
  [[nodiscard]] static Key& find(Key* table, size_t mask, const Key& key);

  size_t remembered_min_;
  size_t mask_;  // slots of one table minus one; a power of two above twice remembered_min
  size_t young_count_ = 0;
  Table young_;  // filled until it holds remembered_min_,
  Table old_;    // then it becomes the old one, which is forgotten
};

}  // namespace loka::mining
