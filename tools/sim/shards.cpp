#include "tools/sim/shards.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <vector>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "tools/sim/clock.h"

namespace loka::sim {

namespace {

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : signals) ::sigaddset(&set, signal);
  return set;
}

[[noreturn]] void run_child(pid_t parent, size_t index, const std::function<int(size_t)>& run) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(EX_SOFTWARE);
  ::signal(SIGINT, SIG_IGN);  // the terminal sends it to all; the parent passes it on
  ::_exit(run(index));
}

Duration children_cpu() {
  rusage usage{};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  const auto of = [](const timeval& time) {
    return Duration::seconds(time.tv_sec) + Duration::microseconds(time.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

int exit_code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : EX_SOFTWARE; }

// One wait of the parent: returns the signal, 0 when the time is up.
int wait_for_signal(const sigset_t& signals, Duration timeout) {
  const timespec time{timeout.ns() / 1'000'000'000, timeout.ns() % 1'000'000'000};
  const bool has_timeout = timeout > Duration();
  const int signal =
      has_timeout ? ::sigtimedwait(&signals, nullptr, &time) : ::sigwaitinfo(&signals, nullptr);
  return std::max(0, signal);
}

}  // namespace

ShardsResult run_shards(size_t count, const std::function<int(size_t)>& run, Duration tick,
                        const std::function<void()>& on_tick) {
  const Instant start = now();
  const sigset_t signals = set_of({SIGINT, SIGTERM, SIGCHLD});
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  const pid_t parent = ::getpid();
  std::vector<pid_t> children;
  for (size_t i = 0; i < count; ++i) {
    const pid_t child = ::fork();
    if (child == 0) run_child(parent, i, run);
    CHECK(child > 0);
    children.push_back(child);
  }

  ShardsResult result;
  Instant next_tick = start + tick;
  while (!children.empty()) {
    const bool ticks = tick > Duration();
    const Duration until = ticks ? std::max(next_tick - now(), Duration::microseconds(1)) : tick;
    const int signal = wait_for_signal(signals, until);
    if (signal == SIGINT || signal == SIGTERM)
      for (const pid_t child : children) ::kill(child, SIGTERM);
    if (ticks && now() >= next_tick) {
      on_tick();
      next_tick = next_tick + tick;
    }
    int status = 0;
    for (pid_t gone = ::waitpid(-1, &status, WNOHANG); gone > 0;
         gone = ::waitpid(-1, &status, WNOHANG)) {
      std::erase(children, gone);
      result.exit_code = std::max(result.exit_code, exit_code_of(status));
    }
  }
  result.elapsed = now() - start;
  result.cpu = children_cpu();
  return result;
}

int open_stop_signal() {
  const sigset_t signals = set_of({SIGTERM});
  const int descriptor = ::signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
  CHECK(descriptor >= 0);
  return descriptor;
}

void take_stop_signal(int descriptor) {
  signalfd_siginfo info;
  while (::read(descriptor, &info, sizeof info) < 0 && errno == EINTR) {
  }
}

}  // namespace loka::sim
