#include "shm/segment.h"

#include <cerrno>
#include <string>
#include <utility>

#include <boost/interprocess/exceptions.hpp>
#include <boost/interprocess/file_mapping.hpp>
#include <boost/interprocess/mapped_region.hpp>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/check.h"

namespace loka::shm {

namespace ipc = boost::interprocess;

Result<int, SystemError> create_memory(const char* label, size_t bytes) {
  // Not close-on-exec: workers find it by its number. Not through Boost's truncate(), which commits
  // every page at once.
  const int descriptor = memfd_create(label, 0);
  if (descriptor < 0) return Error(last_system_error(std::string("create memory ") + label));
  if (ftruncate(descriptor, static_cast<off_t>(bytes)) != 0) {
    auto error =
        last_system_error(std::string("size memory ") + label + " to " + std::to_string(bytes));
    close(descriptor);
    return Error(std::move(error));
  }
  return descriptor;
}

Result<size_t, SystemError> memory_bytes(int descriptor) {
  struct stat status{};
  if (fstat(descriptor, &status) != 0) {
    return Error(
        last_system_error("size of memory behind descriptor " + std::to_string(descriptor)));
  }
  return static_cast<size_t>(status.st_size);
}

struct Mapping::Region {
  ipc::mapped_region memory;
};

Mapping::Mapping() = default;
Mapping::~Mapping() = default;
Mapping::Mapping(Mapping&&) noexcept = default;
Mapping& Mapping::operator=(Mapping&&) noexcept = default;

Result<Mapping, SystemError> Mapping::map(int descriptor, size_t offset, size_t bytes,
                                          Access access, bool exclude_from_core) {
  const std::string operation = "map memory behind descriptor " + std::to_string(descriptor);
  const auto available = memory_bytes(descriptor);
  if (!available) return Error(available.error());
  // Touching a page behind the end would be a SIGBUS later; refuse it now.
  if (offset > *available || bytes > *available - offset || bytes == 0) {
    return Error(SystemError{operation, EINVAL});
  }

  const auto mode = access == Access::kReadOnly ? ipc::read_only : ipc::read_write;
  Mapping mapping;
  try {
    // Boost takes names only; this one is the descriptor itself.
    const std::string name = "/proc/self/fd/" + std::to_string(descriptor);
    const ipc::file_mapping file(name.c_str(), mode);
    mapping.region_ = std::make_unique<Region>();
    mapping.region_->memory =
        ipc::mapped_region(file, mode, static_cast<ipc::offset_t>(offset), bytes);
  } catch (const ipc::interprocess_exception& exception) {
    return Error(SystemError{operation, exception.get_native_error()});
  }
  if (exclude_from_core && madvise(mapping.data(), mapping.size(), MADV_DONTDUMP) != 0) {
    return Error(last_system_error("keep out of core dumps: " + operation));
  }
  return mapping;
}

void* Mapping::data() const {
  CHECK(region_ != nullptr);
  return region_->memory.get_address();
}

size_t Mapping::size() const { return region_ == nullptr ? 0 : region_->memory.get_size(); }

}  // namespace loka::shm
