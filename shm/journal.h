// The journal: how one line becomes one commit. The new bytes of every record that a line touches
// are laid out here, one store seals them, then they are put in place and the seal is taken off. An
// engine that dies before the seal has done nothing; one that dies after it leaves a commit that
// the next engine finishes. All values are absolute, so putting them in place twice is harmless.
//
// The only file with fences; shm/seqlock orders its words by release and acquire.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

#include "shm/shard.h"

namespace loka::shm {

// Before each record's bytes.
struct JournalEntry {
  RecordKind kind{};
  uint16_t words = 0;  // of eight bytes, behind this entry
  uint32_t index = kNobody;
};
static_assert(sizeof(JournalEntry) == 8);

class Journal {
 public:
  explicit Journal(JournalArea& area) : area_(area) {}

  // Forgets whatever was laid out and not sealed.
  void begin() { area_.length = 0; }

  // Room for a record of `bytes` (a multiple of 8), which the caller fills and may change until the
  // seal. CHECKs that it fits: how much one line touches is bounded by our own limits.
  [[nodiscard]] void* lay_out(RecordKind kind, uint32_t index, size_t bytes);

  void seal();
  void unseal();
  [[nodiscard]] bool is_sealed() const;

  // Calls put(kind, index, bytes) for each record of the commit. Stops and returns false at an
  // entry that does not fit the area: after a death the journal is data like any other.
  template <class Put>
  bool each(Put&& put) const {
    size_t at = 0;
    const size_t length = area_.length;
    if (length > kJournalBytes) return false;
    while (at < length) {
      if (length - at < sizeof(JournalEntry)) return false;
      JournalEntry entry;
      std::memcpy(&entry, area_.bytes + at, sizeof entry);
      at += sizeof entry;
      const size_t bytes = size_t{entry.words} * 8;
      if (bytes > length - at) return false;
      if (!put(entry.kind, entry.index, std::span<const char>(area_.bytes + at, bytes)))
        return false;
      at += bytes;
    }
    return true;
  }

 private:
  JournalArea& area_;
};

}  // namespace loka::shm
