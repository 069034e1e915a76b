#include "supervisor/test_pool_connection.h"

#include <cerrno>
#include <string>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/config/dump.h"
#include "supervisor/child_process.h"
#include "supervisor/file_descriptor.h"
#include "supervisor/worker_process.h"

namespace loka::supervisor {
namespace {

Result<FileDescriptor, SystemError> nameless_file(const std::string& text) {
  FileDescriptor file(memfd_create("loka-configuration", MFD_CLOEXEC));
  if (!file.is_open()) return Error(last_system_error("memfd_create"));
  if (pwrite(file.number(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    return Error(last_system_error("write the configuration"));
  }
  return file;
}

int exit_code_of(pid_t pid) {
  int wait_status = 0;
  while (waitpid(pid, &wait_status, 0) < 0) {
    if (errno != EINTR) return EX_SOFTWARE;
  }
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : EX_SOFTWARE;
}

}  // namespace

Result<int, StartError> test_pool_connection(const config::Config& config) {
  auto program = find_worker_program();
  if (!program) return Error(program.error());
  auto input = nameless_file(config::dump(config, config::Secrets::kShow));
  if (!input) return Error(system_start_error(input.error()));
  auto pid = spawn_child({.path = *program,
                          .arguments = {"--test-pool-connection"},
                          .inherited = {},
                          .standard_input = input->number()});
  if (!pid) return Error(system_start_error(pid.error()));
  return exit_code_of(*pid);
}

}  // namespace loka::supervisor
