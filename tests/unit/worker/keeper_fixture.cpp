#include "tests/unit/worker/keeper_fixture.h"

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/check.h"
#include "worker/clock.h"

using namespace loka;

namespace {

constexpr Duration kPatience = Duration::seconds(10);

// The program, beside this one.
std::string program() {
  const auto own = std::filesystem::read_symlink("/proc/self/exe");
  return own.parent_path() / "keeper_with_fake_engine";
}

}  // namespace

bool eventually(const std::function<bool()>& is_true) {
  const Instant deadline = worker::monotonic_now() + kPatience;
  while (worker::monotonic_now() < deadline) {
    if (is_true()) return true;
    poll(nullptr, 0, 2);
  }
  return is_true();
}

KeeperFixture::KeeperFixture(uint32_t supervisor_pid)
    : segment_(shm::PublicSegment::create(
                   1, worker::monotonic_now(),
                   supervisor_pid == 0 ? static_cast<uint32_t>(getpid()) : supervisor_pid)
                   .value()) {
  // What its keeper leaves becomes ours to wait for.
  CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
  std::array<char, 64> name{"/tmp/loka-keeper-test-XXXXXX"};
  CHECK(mkdtemp(name.data()) != nullptr);
  directory_ = name.data();

  listener_ = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* const pointer = reinterpret_cast<sockaddr*>(&address);
  CHECK(bind(listener_, pointer, length) == 0 && listen(listener_, 64) == 0);
  CHECK(getsockname(listener_, pointer, &length) == 0);
  port_ = ntohs(address.sin_port);
  log_ = memfd_create("log", 0);
  CHECK(log_ >= 0 && fcntl(log_, F_SETFL, O_APPEND) == 0);
}

KeeperFixture::~KeeperFixture() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  while (waitpid(-1, nullptr, 0) > 0) {  // an engine that died with its keeper
  }
  for (const int descriptor : {listener_, log_, channel_, segment_.descriptor()}) {
    if (descriptor >= 0) close(descriptor);
  }
  std::filesystem::remove_all(directory_);
}

void KeeperFixture::start() {
  std::array<int, 2> ends{};
  CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
  channel_ = ends[0];
  const std::array<std::string, 13> words{program(),
                                          "--slot",
                                          "1",
                                          "--segment",
                                          std::to_string(segment_.descriptor()),
                                          "--listeners",
                                          std::to_string(listener_),
                                          "--log",
                                          std::to_string(log_),
                                          "--channel",
                                          std::to_string(ends[1]),
                                          "--runtime-dir",
                                          directory_};
  std::array<char*, words.size() + 1> arguments{};
  for (size_t i = 0; i < words.size(); ++i) arguments[i] = const_cast<char*>(words[i].c_str());
  pid_ = fork();
  CHECK(pid_ >= 0);
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    fcntl(ends[1], F_SETFD, 0);
    execv(words[0].c_str(), arguments.data());
    _exit(127);
  }
  close(ends[1]);
}

pid_t KeeperFixture::engine() const { return static_cast<pid_t>(line().engine_pid.load()); }

void KeeperFixture::signal_engine(int number) const {
  CHECK(eventually([&] { return engine() > 0; }));
  const pid_t target = engine();
  CHECK(target > 0 && kill(target, number) == 0);
}

pid_t KeeperFixture::engine_after(pid_t last) const {
  const bool came = eventually([&] {
    return engine() != 0 && engine() != last && line().state.load() == shm::SlotState::kServing;
  });
  return came ? engine() : 0;
}

bool KeeperFixture::becomes(shm::SlotState state) const {
  return eventually([&] { return line().state.load() == state; });
}

int KeeperFixture::exit_code() {
  int status = 0;
  if (!eventually([&] { return waitpid(pid_, &status, WNOHANG) == pid_; })) return -1;
  pid_ = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int KeeperFixture::connect() const {
  const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port_);
  CHECK(::connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  const timeval patience{.tv_sec = kPatience.ms() / 1000, .tv_usec = 0};
  CHECK(setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
  return connection;
}

std::string KeeperFixture::ask(int connection, const std::string& line) {
  tell(connection, line);
  std::string answer;
  for (char byte = 0; byte != '\n';) {
    const ssize_t count = recv(connection, &byte, 1, 0);
    if (count == 0 || (count < 0 && errno == ECONNRESET)) return "(closed)";
    if (count < 0) return "";
    if (byte != '\n') answer += byte;
  }
  return answer;
}

void KeeperFixture::tell(int connection, const std::string& line) {
  const std::string text = line + "\n";
  (void)send(connection, text.data(), text.size(), MSG_NOSIGNAL);
}

void KeeperFixture::hand_log(int descriptor) const {
  char byte = 'L';
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
  CHECK(sendmsg(channel_, &message, MSG_NOSIGNAL) == 1);
}

void KeeperFixture::close_channel() {
  close(channel_);
  channel_ = -1;
}

std::string KeeperFixture::log_text() const {
  std::string text(64 * 1024, '\0');
  const ssize_t bytes = pread(log_, text.data(), text.size(), 0);
  text.resize(bytes > 0 ? static_cast<size_t>(bytes) : 0);
  return text;
}
