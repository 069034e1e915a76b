// The whole of loka-stratum, as a process, with a stand-in for its workers. Both programs are
// copied into one directory, which is where the supervisor looks for loka-worker first.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/control/documents.h"
#include "common/control/frame.h"
#include "common/control/message.h"
#include "supervisor/clock.h"
#include "supervisor/file_descriptor.h"
#include "tests/unit/supervisor/temporary_directory.h"

using namespace loka;
using namespace loka::supervisor;

namespace {

constexpr Duration kPatience = Duration::seconds(20);

// Looks again and again until the condition holds; false if it does not within kPatience.
bool eventually(const std::function<bool()>& condition) {
  const Instant deadline = monotonic_now() + kPatience;
  while (!condition()) {
    if (monotonic_now() > deadline) return false;
    poll(nullptr, 0, 2);
  }
  return true;
}

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// A port that was free a moment ago.
uint16_t free_port() {
  const FileDescriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  REQUIRE(bind(socket.number(), reinterpret_cast<sockaddr*>(&address), length) == 0);
  REQUIRE(getsockname(socket.number(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
  return ntohs(address.sin_port);
}

class Service {
 public:
  explicit Service(std::string faults = "") : faults_(std::move(faults)) {
    std::filesystem::copy_file(LOKA_STRATUM, path("loka-stratum"));
    std::filesystem::copy_file(FAKE_WORKER, path("loka-worker"));
    configure("");
    notify_ = FileDescriptor(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const sockaddr_un address = name(path("notify"));
    REQUIRE(bind(notify_.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
            0);
  }
  ~Service() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const {
    return folder_.path() + "/" + name;
  }
  [[nodiscard]] uint16_t port() const { return port_; }
  [[nodiscard]] pid_t pid() const { return pid_; }

  void configure(const std::string& more) const {
    std::ofstream(path("loka.yaml"))
        << "server: {listen: [\"127.0.0.1:" << port_ << "\"], workers: 2, runtime_dir: \""
        << path("run") << "\"}\npool: {url: \"stratum+tcp://127.0.0.1:1\", password: hidden}\n"
        << "logging: {file: \"" << path("loka.log") << "\", level: debug}\n"
        << more;
    // Its password is nobody else's business; the service would warn.
    std::filesystem::permissions(path("loka.yaml"), std::filesystem::perms::owner_read |
                                                        std::filesystem::perms::owner_write);
  }

  // Starts it with these further arguments; its output goes to the files "out" and "err".
  void start(std::vector<std::string> arguments = {}) {
    pid_ = fork();
    if (pid_ == 0) {
      setenv("FAKE_WORKER", faults_.c_str(), 1);
      setenv("NOTIFY_SOCKET", path("notify").c_str(), 1);
      dup2(open(path("out").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
      dup2(open(path("err").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
      const std::string program = path("loka-stratum");
      const std::string config = path("loka.yaml");
      std::vector<const char*> argv{program.c_str(), "--config", config.c_str()};
      for (const auto& argument : arguments) argv.push_back(argument.c_str());
      argv.push_back(nullptr);
      execv(program.c_str(), const_cast<char* const*>(argv.data()));
      _exit(127);
    }
  }
  void start_and_wait() {
    start();
    REQUIRE_MESSAGE(until_told("READY=1"), text_of(path("err")));
  }
  // Its exit code, or minus the signal that ended it.
  int wait() {
    int status = 0;
    REQUIRE(waitpid(pid_, &status, 0) == pid_);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  int run(std::vector<std::string> arguments) {
    start(std::move(arguments));
    return wait();
  }
  void send_signal(int number) const { kill(pid_, number); }

  // Waits for a message to systemd that begins like this; what came before it is read away.
  bool until_told(const std::string& begin) {
    return eventually([&] {
      std::array<char, 512> text{};
      ssize_t length = 0;
      while ((length = recv(notify_.number(), text.data(), text.size(), 0)) >= 0) {
        if (std::string(text.data(), static_cast<size_t>(length)).starts_with(begin)) return true;
      }
      return false;
    });
  }

  // What lokactl would show; the sentence of a refusal begins with '!'.
  [[nodiscard]] std::string ask(control::Verb verb, const std::string& miner = "") const {
    const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM, 0));
    const sockaddr_un address = name(path("run/control.sock"));
    if (connect(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
        0) {
      return "!not running";
    }
    const std::string frame = control::encode_frame(control::encode_request({verb, miner}));
    REQUIRE(send(socket.number(), frame.data(), frame.size(), MSG_NOSIGNAL) > 0);
    control::FrameReader reader;
    std::array<char, 65'536> bytes;
    while (true) {
      const auto payload = reader.next();
      REQUIRE(payload.has_value());
      if (payload->has_value()) {
        const auto answer = control::decode_answer(**payload);
        return answer ? *answer : "!" + answer.error().sentence;
      }
      const ssize_t length = recv(socket.number(), bytes.data(), bytes.size(), 0);
      if (length <= 0) return "!closed";
      reader.feed({bytes.data(), static_cast<size_t>(length)});
    }
  }
  template <class Document>
  [[nodiscard]] Document document(control::Verb verb) const {
    const auto document = control::from_json<Document>(ask(verb));
    REQUIRE(document.has_value());
    return *document;
  }
  [[nodiscard]] control::Status status() const {
    return document<control::Status>(control::Verb::kStatus);
  }

  // Who greets a new connection; empty: nobody.
  [[nodiscard]] std::string greeting() const {
    const FileDescriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
    const sockaddr_in address = loopback(port_);
    if (connect(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
        0) {
      return "";
    }
    std::array<char, 32> text{};
    const ssize_t length = recv(socket.number(), text.data(), text.size(), 0);
    return length > 0 ? std::string(text.data(), static_cast<size_t>(length)) : "";
  }

 private:
  static sockaddr_un name(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
  }

  TemporaryDirectory folder_;
  std::string faults_;
  uint16_t port_ = free_port();
  FileDescriptor notify_;
  pid_t pid_ = 0;
};

// Gone, or dead and not yet waited for by whoever inherited it.
bool is_gone(uint32_t pid) {
  const std::string status = text_of("/proc/" + std::to_string(pid) + "/status");
  return status.empty() || status.find("State:\tZ") != std::string::npos;
}

// What the descriptors of a process stand for: "socket:[1234]", "/dev/null".
std::multiset<std::string> descriptors(uint32_t pid) {
  std::multiset<std::string> targets;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
    targets.insert(std::filesystem::read_symlink(entry).string());
  }
  return targets;
}

}  // namespace

TEST_CASE("service: it is ready within 500 ms") {
  // The fastest of five: what else this machine does meanwhile is not the service's doing.
  Duration fastest = kPatience;
  for (int i = 0; i < 5; ++i) {
    Service service;
    const Instant before = monotonic_now();
    service.start_and_wait();
    fastest = std::min(fastest, monotonic_now() - before);
  }
  CHECK(fastest < Duration::milliseconds(500));
}

TEST_CASE("service: it serves with all workers and stops gracefully") {
  Service service;
  service.start_and_wait();
  const auto status = service.status();
  CHECK(status.state == "healthy");
  REQUIRE(status.workers.size() == 2);
  CHECK(status.workers[0].state == "serving");
  CHECK(status.config_generation == 1);
  std::set<std::string> greetings;
  CHECK(eventually([&] {
    greetings.insert(service.greeting());
    return greetings.size() == 2;
  }));
  CHECK(greetings == std::set<std::string>{"slot 1\n", "slot 2\n"});

  service.send_signal(SIGTERM);
  CHECK(service.until_told("STOPPING=1"));
  CHECK(service.wait() == 0);
  for (const auto& worker : status.workers) CHECK(is_gone(worker.keeper_pid));
  CHECK_FALSE(std::filesystem::exists(service.path("run/control.sock")));
}

TEST_CASE("service: a worker has its own listener, the segment, the log and its channel, no more") {
  Service service;
  service.start_and_wait();
  const auto workers = service.status().workers;
  const auto one = descriptors(workers[0].keeper_pid);
  const auto two = descriptors(workers[1].keeper_pid);
  CHECK(one.size() == 3 + 4);
  CHECK(two.size() == 3 + 4);
  CHECK(one.count(service.path("loka.log")) == 1);
  for (const std::string& target : one) {
    if (target.starts_with("socket:")) CHECK(two.count(target) == 0);
  }
}

TEST_CASE("service: a worker that is killed is started again, and the others serve on") {
  Service service;
  service.start_and_wait();
  const auto before = service.status().workers;
  kill(static_cast<pid_t>(before[0].keeper_pid), SIGKILL);
  CHECK(eventually([&] {
    const auto now = service.status().workers;
    return now[0].state == "serving" && now[0].keeper_pid != before[0].keeper_pid;
  }));
  CHECK(service.status().workers[1].keeper_pid == before[1].keeper_pid);
  for (int i = 0; i < 20; ++i) CHECK(service.greeting().starts_with("slot "));
}

TEST_CASE("service: new miners do not wait for a worker that is stopped") {
  Service service;
  service.start_and_wait();
  const auto workers = service.status().workers;
  // Its keeper lives, so that nothing is restarted; its lines say that it has no engine.
  kill(static_cast<pid_t>(workers[1].keeper_pid), SIGKILL);
  std::filesystem::remove(service.path("loka-worker"));
  REQUIRE(eventually([&] {
    return text_of(service.path("loka.log")).find("new miners go to the other workers") !=
           std::string::npos;
  }));
  for (int i = 0; i < 50; ++i) CHECK(service.greeting() == "slot 1\n");
  const auto status = service.status();
  CHECK(status.state == "degraded");
  CHECK(status.workers[1].state == "backoff");
}

TEST_CASE("service: after kill -9 nothing is left, and a new start serves within 2 s") {
  Service service;
  service.start_and_wait();
  const auto workers = service.status().workers;
  service.send_signal(SIGKILL);
  CHECK(service.wait() == -SIGKILL);
  const Instant before = monotonic_now();
  service.start_and_wait();
  CHECK(monotonic_now() - before < Duration::seconds(2));
  CHECK(service.greeting().starts_with("slot "));
  for (const auto& worker : workers) CHECK(eventually([&] { return is_gone(worker.keeper_pid); }));
}

TEST_CASE("service: a second instance is refused with 75, a foreign listener with 71") {
  Service service;
  service.start_and_wait();
  const pid_t first = service.pid();
  const pid_t second = fork();
  if (second == 0) {
    if (freopen(service.path("err2").c_str(), "w", stderr) == nullptr) _exit(126);
    const std::string program = service.path("loka-stratum");
    const std::string config = service.path("loka.yaml");
    execl(program.c_str(), program.c_str(), "--config", config.c_str(), nullptr);
    _exit(127);
  }
  int status = 0;
  REQUIRE(waitpid(second, &status, 0) == second);
  CHECK(WEXITSTATUS(status) == 75);
  CHECK(text_of(service.path("err2")).find("pid " + std::to_string(first)) != std::string::npos);

  const pid_t third = fork();
  if (third == 0) {
    if (freopen(service.path("err3").c_str(), "w", stderr) == nullptr) _exit(126);
    const std::string program = service.path("loka-stratum");
    const std::string config = service.path("loka.yaml");
    const std::string elsewhere = "server.runtime_dir=" + service.path("other");
    execl(program.c_str(), program.c_str(), "--config", config.c_str(), "--set", elsewhere.c_str(),
          nullptr);
    _exit(127);
  }
  REQUIRE(waitpid(third, &status, 0) == third);
  CHECK(WEXITSTATUS(status) == 71);
  CHECK(text_of(service.path("err3")).find("another program listens there") != std::string::npos);
}

TEST_CASE("service: a stubborn worker is killed at the second signal") {
  Service service("stubborn");
  service.start_and_wait();
  service.send_signal(SIGTERM);
  REQUIRE(service.until_told("STOPPING=1"));
  CHECK(service.status().state == "stopping");
  service.send_signal(SIGINT);
  CHECK(service.wait() == 0);
}

TEST_CASE("service: it is not ready while a worker does not serve") {
  Service service("silent-2");
  service.start();
  REQUIRE(service.until_told("STATUS=starting"));
  REQUIRE(eventually([&] { return service.ask(control::Verb::kVersion)[0] != '!'; }));
  CHECK(eventually([&] { return service.status().workers[0].state == "serving"; }));
  CHECK(service.status().state == "starting");
}

TEST_CASE("service: a reload is taken over everywhere and told to systemd and lokactl") {
  Service service;
  service.start_and_wait();
  service.configure("limiter: {jobs: 20m}\n");
  service.send_signal(SIGHUP);
  CHECK(service.until_told("RELOADING=1\nMONOTONIC_USEC="));
  CHECK(service.until_told("READY=1"));
  CHECK(service.status().config_generation == 2);

  service.configure("limiter: {jobs: 30m}\n");
  const auto report = service.document<control::ReloadReport>(control::Verb::kReload);
  CHECK(report.generation == 3);
  REQUIRE(report.changes.size() == 1);
  CHECK(report.changes[0].find("limiter.jobs") != std::string::npos);
  CHECK(report.problems.empty());
}

TEST_CASE("service: a mistake in the configuration leaves the running one, and says where") {
  Service service;
  service.start_and_wait();
  service.configure("limiter: {jobz: 20m}\n");
  const auto report = service.document<control::ReloadReport>(control::Verb::kReload);
  REQUIRE(report.problems.size() == 1);
  CHECK(report.problems[0].find("jobz") != std::string::npos);
  CHECK(service.status().config_generation == 1);
}

TEST_CASE("service: workers that do not take a configuration over are named") {
  Service service("deaf");
  service.start_and_wait();
  service.configure("limiter: {jobs: 20m}\n");
  const auto report = service.document<control::ReloadReport>(control::Verb::kReload);
  REQUIRE(report.problems.size() == 2);
  CHECK(report.problems[1].find("worker 2") != std::string::npos);
}

TEST_CASE("service: log files are reopened, by the workers as well") {
  Service service;
  service.start_and_wait();
  const std::string log = service.path("loka.log");
  CHECK(text_of(log).find("slot 2") != std::string::npos);
  std::filesystem::rename(log, log + ".1");
  SUBCASE("by signal") { service.send_signal(SIGUSR1); }
  SUBCASE("by lokactl") { CHECK(service.ask(control::Verb::kReopenLogs)[0] == '{'); }
  CHECK(eventually([&] {
    const std::string text = text_of(log);
    return text.find("slot 1") != std::string::npos && text.find("slot 2") != std::string::npos &&
           text.find("supervisor") != std::string::npos;
  }));
}

TEST_CASE("service: lokactl can see the configuration, without secrets, and stop the service") {
  Service service;
  service.start_and_wait();
  const auto config = service.document<control::ConfigText>(control::Verb::kConfig);
  CHECK(config.text.find("runtime_dir") != std::string::npos);
  CHECK(config.text.find("hidden") == std::string::npos);
  CHECK(service.ask(control::Verb::kMiner, "nobody") ==
        "!no miner with the login 'nobody' is connected");
  CHECK(service.document<control::Miners>(control::Verb::kMiners).miners.empty());
  CHECK(service.document<control::Pools>(control::Verb::kPools).pools.size() == 1);
  CHECK(service.document<control::Workers>(control::Verb::kWorkers).workers.size() == 2);
  CHECK(service.document<control::Done>(control::Verb::kStop).what == "stopping");
  CHECK(service.wait() == 0);
}

TEST_CASE("service: --validate reports all mistakes and exits 78, or 0") {
  Service service;
  CHECK(service.run({"--validate"}) == 0);
  service.configure("limiter: {jobz: 20m}\nloging: {}\n");
  CHECK(service.run({"-t"}) == 78);
  const std::string problems = text_of(service.path("err"));
  CHECK(problems.find("jobz") != std::string::npos);
  CHECK(problems.find("loging") != std::string::npos);
  CHECK(service.run({}) == 78);
}

TEST_CASE("service: --dump-config shows what counts, secrets masked, and where it came from") {
  Service service;
  CHECK(service.run({"--dump-config", "--origin", "--workers", "7", "--set", "limiter.jobs=3m"}) ==
        0);
  const std::string dump = text_of(service.path("out"));
  CHECK(dump.find("workers: 7") != std::string::npos);
  CHECK(dump.find("3m") != std::string::npos);
  CHECK(dump.find("--set") != std::string::npos);
  CHECK(dump.find("hidden") == std::string::npos);
}

TEST_CASE("service: --test-pool-connection hands on what the worker says") {
  Service service;
  CHECK(service.run({"--test-pool-connection"}) == 69);
  CHECK(text_of(service.path("out")) == "tried stratum+tcp://127.0.0.1:1 with hidden\n");
}

TEST_CASE("service: a wrong command line exits 64, help and version 0") {
  Service service;
  CHECK(service.run({"--dance"}) == 64);
  CHECK(service.run({"--workers", "0"}) == 64);
  CHECK(service.run({"--validate", "--dump-config"}) == 64);
  CHECK(service.run({"--help"}) == 0);
  CHECK(service.run({"--version"}) == 0);
  CHECK(text_of(service.path("out")).starts_with("loka-stratum "));
}
