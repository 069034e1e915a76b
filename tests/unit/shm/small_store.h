// A shard of a few records in shared memory, so that a test may fork and let the child die over it.
#pragma once

#include <memory>

#include <sys/mman.h>

#include "shm/store.h"

namespace loka::shm {

inline constexpr ShardSizes kFewRecords{4, 4, 16, 4, 8};

class SharedMemory {
 public:
  explicit SharedMemory(size_t bytes)
      : bytes_(bytes),
        data_(::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {}
  ~SharedMemory() { ::munmap(data_, bytes_); }
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  [[nodiscard]] void* data() const { return data_; }
  [[nodiscard]] size_t size() const { return bytes_; }

 private:
  size_t bytes_;
  void* data_;
};

struct SmallStore {
  SharedMemory shard_memory{shard_bytes(kFewRecords)};
  SharedMemory slot_memory{sizeof(Slot)};
  Slot& slot = *static_cast<Slot*>(slot_memory.data());
  Store store{Shard::format(shard_memory.data(), shard_memory.size(), kFewRecords), slot};
};

}  // namespace loka::shm
