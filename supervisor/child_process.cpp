#include "supervisor/child_process.h"

#include <array>
#include <cerrno>
#include <climits>
#include <string_view>

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervisor/file_descriptor.h"

namespace loka::supervisor {
namespace {

constexpr std::array<std::string_view, 3> kOurVariables{"LOKA_", "NOTIFY_SOCKET=", "WATCHDOG_"};

std::vector<char*> child_environment() {
  std::vector<char*> variables;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    bool is_ours = false;
    for (const std::string_view prefix : kOurVariables) {
      is_ours = is_ours || std::string_view(*variable).starts_with(prefix);
    }
    if (!is_ours) variables.push_back(*variable);
  }
  variables.push_back(nullptr);
  return variables;
}

// All that the child does between fork and exec; only async-signal-safe calls, no allocation.
// Returns only if something failed, with errno.
void become(const ChildProgram& program, char* const* argv, char* const* envp, pid_t parent) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return;
  if (getppid() != parent) _exit(127);  // it died before we asked to be told
  if (setpgid(0, 0) != 0) return;
  // Handlers go back by themselves at exec; what is ignored would stay ignored.
  struct sigaction by_default{};
  by_default.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) sigaction(number, &by_default, nullptr);

  const int input = program.standard_input >= 0 ? program.standard_input
                                                : open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (input < 0 || dup2(input, STDIN_FILENO) < 0) return;
  // Ours are close-on-exec already; this is for what the supervisor itself was given. Kernels
  // before 5.11 do not know the flag, so the answer is of no interest.
  close_range(STDERR_FILENO + 1, UINT_MAX, CLOSE_RANGE_CLOEXEC);
  for (const int number : program.inherited) {
    if (fcntl(number, F_SETFD, 0) != 0) return;
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execve(program.path.c_str(), argv, envp);
}

}  // namespace

Result<pid_t, SystemError> spawn_child(const ChildProgram& program) {
  std::vector<char*> argv{const_cast<char*>(program.path.c_str())};
  for (const std::string& argument : program.arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  std::vector<char*> envp = child_environment();

  // Its end in the child is closed by a successful exec; else errno comes through.
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return Error(last_system_error("pipe2"));
  FileDescriptor verdict(ends[0]);
  FileDescriptor verdict_of_child(ends[1]);

  // The loop's signal handlers must not run in the child, where they would write to our pipe.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) {
    become(program, argv.data(), envp.data(), parent);
    const int code = errno;
    [[maybe_unused]] const ssize_t told = write(verdict_of_child.number(), &code, sizeof code);
    _exit(127);
  }
  const SystemError fork_error = last_system_error("fork");
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return Error(fork_error);

  verdict_of_child.close();
  int code = 0;
  ssize_t length = 0;
  do {
    length = read(verdict.number(), &code, sizeof code);
  } while (length < 0 && errno == EINTR);
  if (length != sizeof code) return pid;
  waitpid(pid, nullptr, 0);  // it has nothing left to do but end
  return Error(SystemError{"execute " + program.path, code});
}

}  // namespace loka::supervisor
