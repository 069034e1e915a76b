// A transaction: the only way to records. It hands out working copies of the few records that one
// line touches; the logic changes them in plain C++; commit() seals them all at once and puts them
// in place. Working copies stand in the journal itself, so a commit copies each record twice and no
// more. An engine has one Transaction and begins it anew for every line.
//
// References stay valid until the next begin(). Nothing here looks at sockets; after the commit the
// owner walks over touched() and lets the sockets follow.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "shm/journal.h"
#include "shm/store.h"

namespace loka::shm {

inline constexpr size_t kTouchedMax = 512;  // records in one commit

class Transaction {
 public:
  explicit Transaction(Store& store);

  void begin();

  // The working copy of a record in use; CHECKs that it is.
  template <class R>
  R& edit(uint32_t index) {
    if (void* copy = find(kKindOf<R>, index)) return *static_cast<R*>(copy);
    const R& record = store_.table<R>()[index];
    check(record.in_use != 0);
    R* copy = static_cast<R*>(lay_out(kKindOf<R>, index, sizeof(R)));
    *copy = record;
    return *copy;
  }

  // The record as this transaction sees it, without making it part of the commit.
  template <class R>
  const R& look(uint32_t index) {
    if (void* copy = find(kKindOf<R>, index)) return *static_cast<const R*>(copy);
    return store_.table<R>()[index];
  }

  // A new record, default but for in_use and a generation above the place's last; kNobody when the
  // table is full.
  template <class R>
  uint32_t open() {
    const uint32_t index = store_.table<R>().take();
    if (index == kNobody) return kNobody;
    R* copy = static_cast<R*>(lay_out(kKindOf<R>, index, sizeof(R)));
    *copy = R{};
    copy->in_use = 1;
    if constexpr (requires { copy->generation; })
      copy->generation = store_.table<R>()[index].generation + 1;
    return index;
  }

  // The place becomes free with the commit.
  template <class R>
  void close(uint32_t index) {
    R& record = edit<R>(index);
    check(record.in_use != 0);  // twice would give the place to two
    record.in_use = 0;
    closed_.push_back({kKindOf<R>, index});
  }

  MinerRow& miner_row(uint32_t index);
  ShareBlock& shares();

  // Output and input streams of records that are being edited.
  [[nodiscard]] bool append(PagedBytes& stream, std::string_view bytes) {
    return store_.pages().append(stream, bytes, released_);
  }
  void advance(PagedBytes& stream, uint64_t count) {
    store_.pages().advance(stream, count, released_);
  }
  void drop(PagedBytes& stream) { store_.pages().drop(stream, released_); }

  // Seals, puts in place, lets go. One commit for one begin().
  void commit();

  struct Touched {
    RecordKind kind;
    uint32_t index;
  };
  [[nodiscard]] std::span<const Touched> touched() const { return {touched_.data(), count_}; }

  [[nodiscard]] Store& store() const { return store_; }

 private:
  [[nodiscard]] void* find(RecordKind kind, uint32_t index) const {
    for (size_t i = 0; i < count_; ++i)
      if (touched_[i].index == index && touched_[i].kind == kind) return copies_[i];
    return nullptr;
  }
  void* lay_out(RecordKind kind, uint32_t index, size_t bytes);

  Store& store_;
  Journal journal_;
  size_t count_ = 0;
  std::array<Touched, kTouchedMax> touched_{};
  std::array<void*, kTouchedMax> copies_{};
  std::vector<Touched> closed_;     // reserved once
  std::vector<uint32_t> released_;  // pages; reserved once
};

}  // namespace loka::shm
