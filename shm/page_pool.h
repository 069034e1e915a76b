// The pages of a shard and the byte streams that wait in them. Like the free lists, what is free is
// an engine's own knowledge: at its start every page is free that no stream of a record names.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "shm/records/paged_bytes.h"
#include "shm/slab.h"

namespace loka::shm {

class PagePool {
 public:
  PagePool(std::span<Page> pages, uint32_t& used);

  // Puts bytes behind stream.end. A fully sent head is let go first, its pages noted in `released`
  // until the caller's commit. False, with the stream as it was, when the pages do not suffice.
  [[nodiscard]] bool append(PagedBytes& stream, std::string_view bytes,
                            std::vector<uint32_t>& released);

  // Moves the position by `count` bytes, which may lie beyond what waits (a line whose end was
  // never put into a page). A stream that becomes idle gives its pages to `released`.
  void advance(PagedBytes& stream, uint64_t count, std::vector<uint32_t>& released) const;

  // Gives up everything that waits.
  void drop(PagedBytes& stream, std::vector<uint32_t>& released) const {
    advance(stream, stream.waiting(), released);
  }

  // The waiting bytes as up to `spans.size()` pieces, in order; returns how many.
  size_t pieces(const PagedBytes& stream, std::span<std::string_view> spans) const;

  // Copies all waiting bytes to `out`, which must hold stream.waiting().
  void copy(const PagedBytes& stream, char* out) const;

  void give(uint32_t page) { free_.give(page); }
  // All pages of a stream that has been idle in the kernel's eyes: after the last write.
  void give_all(const PagedBytes& stream);

  [[nodiscard]] uint32_t in_use() const { return free_.capacity() - free_.available(); }

  // Recovery: nothing is free until told so; then every stream that a record names is claimed, and
  // what nobody claimed becomes free.
  void begin_claims();
  // False if the chain does not hold [position, end), leaves the table or shares a page with a
  // stream already claimed: the record is broken.
  [[nodiscard]] bool claim(const PagedBytes& stream);
  // Takes a claim back that the same stream made.
  void unclaim(const PagedBytes& stream);
  void end_claims();

 private:
  // Pages before the one that holds `position` go to `released`.
  void trim(PagedBytes& stream, std::vector<uint32_t>& released) const;
  void mark(const PagedBytes& stream, bool is_claimed);
  [[nodiscard]] bool is_page(uint32_t index) const {
    return index != kNobody && index < pages_.size();
  }

  std::span<Page> pages_;
  FreeList free_;
  std::vector<bool> claimed_;
};

}  // namespace loka::shm
