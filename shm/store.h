// Everything that a commit may change, in one place: the shard's tables and pages, and the public
// part of the slot. One engine owns one Store; it holds the volatile knowledge (what is free).
#pragma once

#include "shm/layout.h"
#include "shm/page_pool.h"
#include "shm/shard.h"
#include "shm/slab.h"

namespace loka::shm {

class Store {
 public:
  // Both must outlive the store. Free lists are made from what the records say; pages are all taken
  // for free, so after a death the streams must be claimed before anything is appended.
  Store(Shard shard, Slot& slot);

  template <class R>
  [[nodiscard]] Slab<R>& table();

  [[nodiscard]] const Shard& shard() const { return shard_; }
  [[nodiscard]] Slot& slot() const { return slot_; }
  [[nodiscard]] PagePool& pages() { return pages_; }

  // Puts one record of a commit in place; false if kind, index or size is not one of ours.
  bool put(RecordKind kind, uint32_t index, std::span<const char> bytes);
  // Finishes a commit that a dead engine sealed. Returns whether there was one; a journal that does
  // not parse is dropped at the first entry that does not.
  bool finish_sealed_commit();

 private:
  Shard shard_;
  Slot& slot_;
  Slab<Session> sessions_;
  Slab<Upstream> upstreams_;
  Slab<Request> requests_;
  Slab<Login> logins_;
  PagePool pages_;
};

template <>
inline Slab<Session>& Store::table<Session>() {
  return sessions_;
}
template <>
inline Slab<Upstream>& Store::table<Upstream>() {
  return upstreams_;
}
template <>
inline Slab<Request>& Store::table<Request>() {
  return requests_;
}
template <>
inline Slab<Login>& Store::table<Login>() {
  return logins_;
}

}  // namespace loka::shm
