// The files of a configuration: read whole, bounded, with what their mode says of readers.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"

namespace loka::config {

struct FileText {
  std::string text;
  bool others_may_read = false;  // o+r
};

struct FileFailure {
  bool is_absent = false;
  std::string what;  // "cannot be read: Permission denied"
};

// Regular files only (a pipe or a device could block for ever), at most bytes_max bytes.
[[nodiscard]] Result<FileText, FileFailure> read_file(const std::string& path, size_t bytes_max);

// Paths of DIRECTORY/conf.d/*.yaml by name, without those that begin with a dot; a missing conf.d
// is an empty one. Gives at most files_max + 1.
[[nodiscard]] std::vector<std::string> list_drop_ins(const std::string& directory,
                                                     size_t files_max);

// "/etc/loka" of "/etc/loka/loka.yaml"; "." of "loka.yaml".
[[nodiscard]] std::string directory_of(const std::string& path);

}  // namespace loka::config
