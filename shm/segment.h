// The one door to Boost.Interprocess: memory that outlives a process, created nameless and mapped
// through its descriptor. Nothing of Boost lives inside the memory.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "common/base/result.h"

namespace loka::shm {

// Creates anonymous shared memory of this many bytes, all zero, without a name that could be left
// behind, and returns its descriptor, which is inherited over exec. Pages are committed when first
// touched. `label` shows in /proc/PID/maps.
[[nodiscard]] Result<int, SystemError> create_memory(const char* label, size_t bytes);

enum class Access { kReadOnly, kReadWrite };

// A mapping of part of such memory; unmapped with the object.
class Mapping {
 public:
  Mapping();
  ~Mapping();
  Mapping(Mapping&&) noexcept;
  Mapping& operator=(Mapping&&) noexcept;

  // Maps [offset, offset + bytes) of the memory behind `descriptor`, which stays the caller's.
  // offset: whole pages. exclude_from_core: MADV_DONTDUMP, for whatever holds secrets.
  [[nodiscard]] static Result<Mapping, SystemError> map(int descriptor, size_t offset, size_t bytes,
                                                        Access access, bool exclude_from_core);

  [[nodiscard]] void* data() const;
  [[nodiscard]] size_t size() const;

 private:
  struct Region;
  std::unique_ptr<Region> region_;
};

// Size of the memory behind a descriptor, in bytes.
[[nodiscard]] Result<size_t, SystemError> memory_bytes(int descriptor);

}  // namespace loka::shm
