#include "supervisor/worker_process.h"

#include <array>
#include <cstring>

#include <limits.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/check.h"
#include "supervisor/child_process.h"

namespace loka::supervisor {
namespace {

std::string own_directory() {
  std::array<char, PATH_MAX> path{};
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
  const std::string program(path.data(), length > 0 ? static_cast<size_t>(length) : 0);
  return program.substr(0, program.rfind('/') + 1);
}

std::string joined(const std::vector<int>& numbers) {
  std::string text;
  for (const int number : numbers) text += (text.empty() ? "" : ",") + std::to_string(number);
  return text;
}

}  // namespace

Result<std::string, StartError> find_worker_program() {
  const std::string own = own_directory();
  const std::array<std::string, 3> places{own + "loka-worker", own + "../worker/loka-worker",
                                          std::string(LOKA_LIBEXECDIR) + "/loka-worker"};
  for (const std::string& place : places) {
    if (access(place.c_str(), X_OK) == 0) return place;
  }
  return Error(StartError{EX_OSERR, "loka-worker is not to be found at " + places[0] + ", " +
                                        places[1] + " or " + places[2] +
                                        "; install it with loka-stratum"});
}

Result<WorkerProcess, SystemError> WorkerProcess::spawn(const Orders& orders) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return Error(last_system_error("socketpair"));
  }
  FileDescriptor ours(ends[0]);
  const FileDescriptor theirs(ends[1]);

  ChildProgram program;
  program.path = orders.program;
  program.arguments = {"--slot",        std::to_string(orders.slot),
                       "--segment",     std::to_string(orders.segment),
                       "--listeners",   joined(orders.listeners),
                       "--log",         std::to_string(orders.log),
                       "--channel",     std::to_string(theirs.number()),
                       "--runtime-dir", orders.runtime_dir};
  program.inherited = orders.listeners;
  program.inherited.insert(program.inherited.end(), {orders.segment, orders.log, theirs.number()});
  auto pid = spawn_child(program);
  if (!pid) return Error(pid.error());
  return WorkerProcess(*pid, std::move(ours));
}

void WorkerProcess::signal(int number) const { kill(pid_, number); }

Result<void, SystemError> WorkerProcess::hand_log(int descriptor) const {
  char byte = kNewLogMessage;
  iovec data{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  CHECK(header != nullptr);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  if (sendmsg(channel_.number(), &message, MSG_DONTWAIT | MSG_NOSIGNAL) == 1) return {};
  return Error(last_system_error("hand the log to keeper " + std::to_string(pid_)));
}

}  // namespace loka::supervisor
