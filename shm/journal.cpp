#include "shm/journal.h"

#include "common/base/check.h"

namespace loka::shm {

void* Journal::lay_out(RecordKind kind, uint32_t index, size_t bytes) {
  CHECK(bytes % 8 == 0 && bytes / 8 <= 0xffff);
  CHECK(area_.length + sizeof(JournalEntry) + bytes <= kJournalBytes);
  const JournalEntry entry{kind, static_cast<uint16_t>(bytes / 8), index};
  std::memcpy(area_.bytes + area_.length, &entry, sizeof entry);
  char* const record = area_.bytes + area_.length + sizeof entry;
  area_.length += static_cast<uint32_t>(sizeof entry + bytes);
  return record;
}

// A process that dies loses no store that came before in program order, so the fences need only
// hold the compiler, and the processor as other processes see it.
void Journal::seal() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  area_.sealed.store(1, std::memory_order_release);
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

void Journal::unseal() {
  std::atomic_thread_fence(std::memory_order_release);
  area_.sealed.store(0, std::memory_order_release);
}

bool Journal::is_sealed() const { return area_.sealed.load(std::memory_order_acquire) == 1; }

}  // namespace loka::shm
