#include "supervisor/child_process.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervisor/file_descriptor.h"
#include "supervisor/log_file.h"
#include "tests/unit/supervisor/temporary_directory.h"

using namespace loka;
using namespace loka::supervisor;

namespace {

constexpr int kPatienceMs = 10'000;

// What a shell script printed to descriptor `out_number`, which it inherits.
struct ShellRun {
  std::string output;
  int exit_code = -1;
};

ShellRun run_shell(const std::string& script, int out_number, std::vector<int> inherited = {}) {
  std::array<int, 2> ends{};
  REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
  const FileDescriptor output(ends[0]);
  FileDescriptor input(ends[1]);
  REQUIRE(dup3(input.number(), out_number, O_CLOEXEC) == out_number);
  FileDescriptor numbered(out_number);
  inherited.push_back(out_number);
  const auto pid = spawn_child(
      {.path = "/bin/sh", .arguments = {"-c", script}, .inherited = std::move(inherited)});
  REQUIRE(pid.has_value());
  input.close();
  numbered.close();
  ShellRun run;
  std::array<char, 256> bytes{};
  ssize_t length = 0;
  while ((length = read(output.number(), bytes.data(), bytes.size())) > 0) {
    run.output.append(bytes.data(), static_cast<size_t>(length));
  }
  int status = 0;
  REQUIRE(waitpid(*pid, &status, 0) == *pid);
  run.exit_code = WEXITSTATUS(status);
  return run;
}

std::string test_descriptors(std::initializer_list<int> numbers) {
  std::string script;
  for (const int number : numbers) {
    const std::string text = std::to_string(number);
    script += "test -e /proc/$$/fd/" + text + " && echo " + text + " >&9;";
  }
  return script + "true";
}

}  // namespace

TEST_CASE("child_process: a child inherits the descriptors that were named, and no other") {
  // 21 would survive an exec, as what a careless parent left to the supervisor does.
  REQUIRE(dup2(STDERR_FILENO, 21) == 21);
  const FileDescriptor careless(21);
  REQUIRE(dup3(STDERR_FILENO, 22, O_CLOEXEC) == 22);
  const FileDescriptor named(22);
  REQUIRE(dup3(STDERR_FILENO, 23, O_CLOEXEC) == 23);
  const FileDescriptor unnamed(23);
  CHECK(run_shell(test_descriptors({0, 1, 2, 21, 22, 23}), 9, {22}).output == "0\n1\n2\n22\n");
  CHECK((fcntl(22, F_GETFD) & FD_CLOEXEC) != 0);  // ours is as it was
}

TEST_CASE("child_process: a child reads nothing from standard input") {
  CHECK(run_shell("readlink /proc/$$/fd/0 >&9", 9).output == "/dev/null\n");
}

TEST_CASE("child_process: a child has the signals of a fresh process") {
  signal(SIGPIPE, SIG_IGN);
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  sigprocmask(SIG_BLOCK, &blocked, &before);
  const auto run = run_shell("grep -E 'Sig(Blk|Ign)' /proc/self/status >&9", 9);
  sigset_t after;
  sigprocmask(SIG_SETMASK, &before, &after);
  CHECK(run.output == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  CHECK(sigismember(&after, SIGUSR1) == 1);  // and ours are as they were
  CHECK(sigismember(&after, SIGTERM) == 0);
}

TEST_CASE("child_process: our secrets and systemd's socket stay out of its environment") {
  setenv("LOKA_POOL_PASSWORD", "secret", 1);
  setenv("NOTIFY_SOCKET", "/run/x", 1);
  setenv("WATCHDOG_USEC", "1", 1);
  setenv("SOMETHING_ELSE", "kept", 1);
  const auto run =
      run_shell("echo $LOKA_POOL_PASSWORD$NOTIFY_SOCKET$WATCHDOG_USEC$SOMETHING_ELSE >&9", 9);
  for (const char* name :
       {"LOKA_POOL_PASSWORD", "NOTIFY_SOCKET", "WATCHDOG_USEC", "SOMETHING_ELSE"}) {
    unsetenv(name);
  }
  CHECK(run.output == "kept\n");
}

TEST_CASE("child_process: a child is a process group of its own") {
  const auto run = run_shell("ps -o pgid= -p $$ | tr -d ' ' >&9; echo $$ >&9", 9);
  const size_t line = run.output.find('\n');
  REQUIRE(line != std::string::npos);
  CHECK(run.output.substr(0, line + 1) == run.output.substr(line + 1));
}

TEST_CASE("child_process: its exit code comes through") {
  CHECK(run_shell("exit 69", 9).exit_code == 69);
}

TEST_CASE("child_process: a program that cannot be executed is an error that names it") {
  const auto missing =
      spawn_child({.path = "/nowhere/loka-worker", .arguments = {}, .inherited = {}});
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().text() == "execute /nowhere/loka-worker: No such file or directory");
  CHECK(waitpid(-1, nullptr, WNOHANG) == -1);  // no zombie is left
  CHECK(errno == ECHILD);
}

TEST_CASE("child_process: a child dies with its parent, however that ends") {
  std::array<int, 2> ends{};
  REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
  const pid_t parent = fork();
  if (parent == 0) {
    const auto child = spawn_child({.path = "/bin/sleep", .arguments = {"1000"}, .inherited = {}});
    const pid_t pid = child ? *child : -1;
    [[maybe_unused]] const auto told = write(ends[1], &pid, sizeof pid);
    pause();
    _exit(0);
  }
  pid_t child = 0;
  REQUIRE(read(ends[0], &child, sizeof child) == sizeof child);
  REQUIRE(child > 0);
  const FileDescriptor handle(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  REQUIRE(handle.is_open());
  kill(parent, SIGKILL);
  CHECK(waitpid(parent, nullptr, 0) == parent);
  pollfd ended{handle.number(), POLLIN, 0};
  CHECK(poll(&ended, 1, kPatienceMs) == 1);
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("log_file: it is appended to and nobody else may read it") {
  const TemporaryDirectory folder;
  const std::string path = folder.path() + "/loka.log";
  for (int i = 0; i < 2; ++i) {
    const auto log = open_log(path);
    REQUIRE(log.has_value());
    CHECK((fcntl(log->number(), F_GETFD) & FD_CLOEXEC) != 0);
    REQUIRE(write(log->number(), "line\n", 5) == 5);
  }
  CHECK(std::filesystem::file_size(path) == 10);
  CHECK((std::filesystem::status(path).permissions() & std::filesystem::perms::others_all) ==
        std::filesystem::perms::none);
}

TEST_CASE("log_file: without a path it is standard error under a number of its own") {
  const auto log = open_log("");
  REQUIRE(log.has_value());
  CHECK(log->number() > STDERR_FILENO);
}

TEST_CASE("log_file: a path that cannot be opened is an error that names it") {
  const auto log = open_log("/nowhere/loka.log");
  REQUIRE_FALSE(log.has_value());
  CHECK(log.error().text() == "open the log /nowhere/loka.log: No such file or directory");
}
