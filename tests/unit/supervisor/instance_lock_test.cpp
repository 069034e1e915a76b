#include "supervisor/instance_lock.h"

#include <filesystem>
#include <string>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/supervisor/temporary_directory.h"

using namespace loka::supervisor;

TEST_CASE("instance_lock: the runtime directory is made for owner and group alone") {
  const TemporaryDirectory folder;
  const std::string runtime = folder.path() + "/run";
  const auto lock = InstanceLock::acquire(runtime);
  REQUIRE(lock.has_value());
  struct stat status{};
  REQUIRE(stat(runtime.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0750U);
}

TEST_CASE("instance_lock: a second instance is refused with 75 and the pid of the first") {
  const TemporaryDirectory folder;
  const auto first = InstanceLock::acquire(folder.path());
  REQUIRE(first.has_value());
  const auto second = InstanceLock::acquire(folder.path());
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().exit_code == 75);
  CHECK(second.error().sentence.find("pid " + std::to_string(getpid())) != std::string::npos);
}

TEST_CASE("instance_lock: it is free again when its holder has gone, although the file stays") {
  const TemporaryDirectory folder;
  CHECK(InstanceLock::acquire(folder.path()).has_value());
  CHECK(std::filesystem::exists(folder.path() + "/lock"));
  CHECK(InstanceLock::acquire(folder.path()).has_value());
}

TEST_CASE("instance_lock: a directory without a parent is an error that names it") {
  const TemporaryDirectory folder;
  const auto lock = InstanceLock::acquire(folder.path() + "/no/where");
  REQUIRE_FALSE(lock.has_value());
  CHECK(lock.error().exit_code == 71);
  CHECK(lock.error().sentence.find(folder.path() + "/no/where") != std::string::npos);
}

TEST_CASE("instance_lock: a lock that is a symbolic link is not followed") {
  const TemporaryDirectory folder;
  std::filesystem::create_symlink(folder.path() + "/victim", folder.path() + "/lock");
  CHECK_FALSE(InstanceLock::acquire(folder.path()).has_value());
  CHECK_FALSE(std::filesystem::exists(folder.path() + "/victim"));
}

TEST_CASE("start_error: a lack of permission is 77, anything else of the system 71") {
  CHECK(system_start_error({"open x", EACCES}).exit_code == 77);
  CHECK(system_start_error({"open x", EPERM}).exit_code == 77);
  CHECK(system_start_error({"open x", EROFS}).exit_code == 71);
  CHECK(system_start_error({"open x", ENOSPC}, "make room").sentence ==
        "open x: No space left on device; make room");
}
