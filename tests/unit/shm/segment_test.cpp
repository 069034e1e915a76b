#include "shm/segment.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace loka;
using namespace loka::shm;

namespace {

constexpr size_t kPage = 4096;

// The "VmFlags:" line of the mapping that begins at this address, from /proc/self/smaps (proc(5)).
std::string vm_flags_of(const void* address) {
  std::ifstream smaps("/proc/self/smaps");
  bool is_inside = false;
  for (std::string line; std::getline(smaps, line);) {
    const auto begin = std::strtoull(line.c_str(), nullptr, 16);
    if (line.find('-') < 17 && line.find(':') > line.find(' ')) {
      is_inside = begin == reinterpret_cast<uintptr_t>(address);
    }
    if (is_inside && line.starts_with("VmFlags:")) return line;
  }
  return {};
}

struct Memory {
  explicit Memory(size_t bytes) : descriptor(create_memory("segment-test", bytes).value()) {}
  ~Memory() { close(descriptor); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  int descriptor;
};

}  // namespace

TEST_CASE("create_memory: memory is zero, sparse and inherited over exec") {
  const Memory memory(1024 * kPage);
  struct stat status{};
  REQUIRE(fstat(memory.descriptor, &status) == 0);
  CHECK(status.st_size == 1024 * kPage);
  CHECK(status.st_blocks == 0);
  CHECK((fcntl(memory.descriptor, F_GETFD) & FD_CLOEXEC) == 0);
  CHECK(memory_bytes(memory.descriptor).value() == 1024 * kPage);

  const auto mapping = Mapping::map(memory.descriptor, 0, kPage, Access::kReadOnly, false);
  REQUIRE(mapping.has_value());
  const char zero[kPage] = {};
  CHECK(std::memcmp(mapping->data(), zero, kPage) == 0);
}

TEST_CASE("map: two mappings of one memory see each other's bytes") {
  const Memory memory(4 * kPage);
  const auto whole = Mapping::map(memory.descriptor, 0, 4 * kPage, Access::kReadWrite, false);
  const auto part = Mapping::map(memory.descriptor, 2 * kPage, kPage, Access::kReadOnly, false);
  REQUIRE(whole.has_value());
  REQUIRE(part.has_value());
  CHECK(part->size() == kPage);
  static_cast<char*>(whole->data())[2 * kPage + 7] = 'x';
  CHECK(static_cast<const char*>(part->data())[7] == 'x');
}

TEST_CASE("map: memory with secrets is left out of core dumps, other memory is not") {
  const Memory memory(kPage);
  const auto secret = Mapping::map(memory.descriptor, 0, kPage, Access::kReadWrite, true);
  const auto open = Mapping::map(memory.descriptor, 0, kPage, Access::kReadWrite, false);
  REQUIRE(secret.has_value());
  REQUIRE(open.has_value());
  CHECK(vm_flags_of(secret->data()).find(" dd") != std::string::npos);
  CHECK(vm_flags_of(open->data()).find(" rd") != std::string::npos);
  CHECK(vm_flags_of(open->data()).find(" dd") == std::string::npos);
}

TEST_CASE("map: a moved mapping stays mapped and leaves nothing behind") {
  const Memory memory(kPage);
  auto first = Mapping::map(memory.descriptor, 0, kPage, Access::kReadWrite, false).value();
  void* address = first.data();
  const Mapping second = std::move(first);
  CHECK(second.data() == address);
  CHECK(first.size() == 0);  // NOLINT(bugprone-use-after-move): what is left is the point
  static_cast<char*>(second.data())[0] = 'y';
}

TEST_CASE("map: what does not exist is an error, not a later SIGBUS") {
  const Memory memory(2 * kPage);
  const auto code = [&](size_t offset, size_t bytes) {
    const auto mapping = Mapping::map(memory.descriptor, offset, bytes, Access::kReadOnly, false);
    return mapping ? 0 : mapping.error().code;
  };
  CHECK(code(0, 2 * kPage) == 0);
  CHECK(code(0, 2 * kPage + 1) == EINVAL);
  CHECK(code(kPage, 2 * kPage) == EINVAL);
  CHECK(code(3 * kPage, kPage) == EINVAL);
  CHECK(code(kPage, ~size_t{0}) == EINVAL);
  CHECK(code(0, 0) == EINVAL);
}

TEST_CASE("map: a descriptor that is closed or of another kind is an error with its cause") {
  const auto closed = Mapping::map(9999, 0, kPage, Access::kReadOnly, false);
  REQUIRE_FALSE(closed.has_value());
  CHECK(closed.error().code == EBADF);

  int ends[2];
  REQUIRE(pipe(ends) == 0);
  CHECK_FALSE(Mapping::map(ends[0], 0, kPage, Access::kReadOnly, false).has_value());
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("create_memory: a size beyond all files is an error") {
  const auto memory = create_memory("segment-test", size_t{1} << 63U);
  REQUIRE_FALSE(memory.has_value());
  CHECK(memory.error().code != 0);
}
