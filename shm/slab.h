// Slab<R>: the places of one record table, and PagePool: those of the pages. Which places are free
// is not written down: an engine's own list, made anew from the records when it starts, so that a
// death between "take" and "commit" leaks nothing.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/base/check.h"
#include "shm/records/paged_bytes.h"

namespace loka::shm {

class FreeList {
 public:
  // used: the highest index ever taken, kept in the shard.
  FreeList(uint32_t capacity, uint32_t& used) : capacity_(capacity), used_(&used) {
    free_.reserve(capacity);
  }

  // A free index, kNobody when all are taken. Lowest first while none was ever given back.
  [[nodiscard]] uint32_t take() {
    if (!free_.empty()) {
      const uint32_t index = free_.back();
      free_.pop_back();
      return index;
    }
    if (*used_ >= capacity_) return kNobody;
    return ++*used_;
  }

  void give(uint32_t index) {
    check(index != kNobody && index <= *used_);
    free_.push_back(index);
  }

  void clear() { free_.clear(); }
  [[nodiscard]] uint32_t used() const { return *used_; }
  [[nodiscard]] uint32_t capacity() const { return capacity_; }
  [[nodiscard]] uint32_t available() const {
    return static_cast<uint32_t>(free_.size()) + (capacity_ - *used_);
  }

 private:
  uint32_t capacity_;
  uint32_t* used_;
  std::vector<uint32_t> free_;
};

template <class R>
class Slab {
 public:
  Slab(std::span<R> table, uint32_t& used)
      : table_(table), free_(static_cast<uint32_t>(table.size() - 1), used) {
    rebuild();
  }

  [[nodiscard]] R& operator[](uint32_t index) const {
    check(index != kNobody && index < table_.size());
    return table_[index];
  }
  // Whether an index that somebody handed to us names a record that is in use.
  [[nodiscard]] bool holds(uint32_t index) const {
    return index != kNobody && index <= free_.used() && index < table_.size() &&
           table_[index].in_use != 0;
  }
  [[nodiscard]] uint32_t used() const { return free_.used(); }
  [[nodiscard]] uint32_t available() const { return free_.available(); }

  [[nodiscard]] uint32_t take() { return free_.take(); }
  void give(uint32_t index) { free_.give(index); }

  // Makes the list of free places anew from what the records say.
  void rebuild() {
    free_.clear();
    for (uint32_t index = free_.used(); index > kNobody; --index)
      if (table_[index].in_use == 0) free_.give(index);
  }

 private:
  std::span<R> table_;
  FreeList free_;
};

}  // namespace loka::shm
