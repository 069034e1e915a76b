#include "common/config/load_files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace loka::config {

namespace {

// Closes its descriptor at the end of the scope.
struct Descriptor {
  explicit Descriptor(int n) : number(n) {}
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number;
};

FileFailure failure(int code) {
  return {code == ENOENT || code == ENOTDIR,
          "cannot be read: " + std::generic_category().message(code)};
}

}  // namespace

Result<FileText, FileFailure> read_file(const std::string& path, size_t bytes_max) {
  // O_NONBLOCK: opening a pipe nobody writes to must not wait.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.number < 0) return Error(failure(errno));
  struct stat status{};
  if (::fstat(file.number, &status) != 0) return Error(failure(errno));
  if (!S_ISREG(status.st_mode)) return Error(FileFailure{false, "is not a regular file"});
  FileText out;
  out.others_may_read = (status.st_mode & S_IROTH) != 0;
  std::array<char, 16 * 1024> chunk{};
  for (;;) {
    const ssize_t got = ::read(file.number, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error(failure(errno));
    if (got == 0) return out;
    out.text.append(chunk.data(), static_cast<size_t>(got));
    if (out.text.size() > bytes_max) {
      return Error(FileFailure{false, "is larger than " + std::to_string(bytes_max) + " bytes"});
    }
  }
}

std::vector<std::string> list_drop_ins(const std::string& directory, size_t files_max) {
  const std::string folder = directory + "/conf.d";
  std::vector<std::string> paths;
  DIR* const open = ::opendir(folder.c_str());
  if (open == nullptr) return paths;
  while (const dirent* entry = ::readdir(open)) {
    const std::string name = entry->d_name;
    if (!name.starts_with('.') && name.ends_with(".yaml")) paths.push_back(folder + '/' + name);
  }
  ::closedir(open);
  std::sort(paths.begin(), paths.end());
  if (paths.size() > files_max + 1) paths.resize(files_max + 1);
  return paths;
}

std::string directory_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace loka::config
