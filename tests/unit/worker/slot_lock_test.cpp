#include "worker/slot_lock.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <doctest/doctest.h>
#include <unistd.h>

using namespace loka;
using namespace loka::worker;

namespace {

struct Directory {
  Directory() {
    std::array<char, 64> name{"/tmp/loka-lock-test-XXXXXX"};
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name.data();
  }
  ~Directory() { std::filesystem::remove_all(path); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  std::string path;
};

}  // namespace

TEST_CASE("take_slot_lock: one holder per slot, each slot for itself, free after the last close") {
  const Directory directory;
  const int first = take_slot_lock(directory.path, 1).value();
  CHECK(take_slot_lock(directory.path, 1, Duration::milliseconds(30)).error().code == EWOULDBLOCK);
  const int other = take_slot_lock(directory.path, 2).value();
  const int shared = dup(first);
  close(first);
  CHECK_FALSE(take_slot_lock(directory.path, 1, Duration()).has_value());
  close(shared);
  const int next = take_slot_lock(directory.path, 1).value();
  close(next);
  close(other);
}

TEST_CASE("take_slot_lock: a directory that is not there is an error with its name") {
  const auto refused = take_slot_lock("/nowhere/at/all", 1);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ENOENT);
  CHECK(refused.error().text().find("/nowhere/at/all/slot-1.lock") != std::string::npos);
}

TEST_CASE("take_slot_lock: a link in the lock's place is not followed") {
  const Directory directory;
  std::filesystem::create_symlink(directory.path + "/elsewhere", directory.path + "/slot-1.lock");
  CHECK(take_slot_lock(directory.path, 1).error().code == ELOOP);
}
