// The waiting part of a byte stream: bytes [position, end) stand in pages of the shard, all of them
// full but the last. For output, position is what the kernel has taken; for input, what has been
// handled; so an idle stream (position == end) owns no page, whatever `first` and `last` say.
//
// Bytes are added behind `end`, where nobody looks until the record that names the new end is
// committed; that is why a page may be written before the commit.
#pragma once

#include <cstdint>

namespace loka::shm {

// Index of nothing: records and pages are counted from 1.
inline constexpr uint32_t kNobody = 0;

inline constexpr uint32_t kPageBodyBytes = 2040;

struct Page {
  uint32_t next = kNobody;
  uint32_t reserved = 0;
  char body[kPageBodyBytes];
};
static_assert(sizeof(Page) == 2048);

struct PagedBytes {
  uint64_t position = 0;  // stream offset of the first waiting byte
  uint64_t end = 0;       // stream offset behind the last one
  uint64_t base = 0;      // stream offset of the first byte of page `first`
  uint32_t first = kNobody;
  uint32_t last = kNobody;

  [[nodiscard]] uint64_t waiting() const { return end - position; }
  [[nodiscard]] bool is_idle() const { return position == end; }
};

}  // namespace loka::shm
