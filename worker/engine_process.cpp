#include "worker/engine_process.h"

#include <cstdlib>
#include <ctime>

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/check.h"

namespace loka::worker {

namespace {

// An engine has the signals of a fresh process, but takes no order except SIGKILL: it is its keeper
// that is told to stop. SIGPIPE would be a peer's way to kill it.
void reset_signals() {
  struct sigaction by_default{};
  by_default.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) sigaction(number, &by_default, nullptr);
  struct sigaction ignored{};
  ignored.sa_handler = SIG_IGN;
  for (const int number : {SIGPIPE, SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2}) {
    sigaction(number, &ignored, nullptr);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void live_as_engine(EngineFunction engine, const EngineInputs& inputs, pid_t keeper) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != keeper) _exit(EXIT_FAILURE);  // it died before we asked to be told
  reset_signals();
  // exit() and not _exit(): it writes coverage and looks for leaks in builds that have them.
  std::exit(engine(inputs));
}

}  // namespace

bool EngineProcess::clone(EngineFunction engine, const EngineInputs& inputs) {
  const pid_t keeper = getpid();
  // The raw call, because fork() cannot share the table and clone() wants another stack. Without
  // CLONE_VM and with a null stack it returns twice, as fork does; the null arguments are those of
  // thread ids and thread-local storage, whatever their order on this machine.
  const long pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (pid < 0) return false;
  if (pid == 0) live_as_engine(engine, inputs, keeper);
  pid_ = static_cast<pid_t>(pid);
  is_stopped_ = false;
  return true;
}

Duration EngineProcess::cpu() const {
  clockid_t clock{};
  timespec used{};
  if (clock_getcpuclockid(pid_, &clock) != 0 || clock_gettime(clock, &used) != 0) return {};
  return Duration::nanoseconds(int64_t{used.tv_sec} * 1'000'000'000 + used.tv_nsec);
}

void EngineProcess::kill() const {
  if (is_alive()) ::kill(pid_, SIGKILL);
}

std::optional<EngineEnd> EngineProcess::reap() {
  while (is_alive()) {
    siginfo_t info{};
    constexpr int kWhat = WEXITED | WSTOPPED | WCONTINUED | WNOHANG;
    // Nobody else waits for our child, so a failure means that there is none.
    CHECK(waitid(P_PID, static_cast<id_t>(pid_), &info, kWhat) == 0);
    if (info.si_pid == 0) break;
    if (info.si_code == CLD_STOPPED || info.si_code == CLD_TRAPPED) {
      is_stopped_ = true;
    } else if (info.si_code == CLD_CONTINUED) {
      is_stopped_ = false;
    } else {
      pid_ = 0;
      const bool by_itself = info.si_code == CLD_EXITED;
      return EngineEnd{by_itself ? 0 : info.si_status, by_itself ? info.si_status : 0};
    }
  }
  return std::nullopt;
}

}  // namespace loka::worker
