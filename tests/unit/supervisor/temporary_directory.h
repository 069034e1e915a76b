// A directory for one test, removed with all that is in it.
#pragma once

#include <filesystem>
#include <string>

#include <stdlib.h>

class TemporaryDirectory {
 public:
  TemporaryDirectory() : path_("/tmp/loka-test-XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};
