// lokactl's client against a service that is played here, over a real socket.
#include "tools/lokactl/client.h"

#include <filesystem>
#include <functional>
#include <thread>

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/control/frame.h"

using namespace loka;
using namespace loka::lokactl;
using control::Verb;

namespace {

// Listens in a directory of its own; serves one connection with `play`, on a thread.
class Service {
 public:
  using Play = std::function<void(int connection)>;

  explicit Service(Play play = {}) {
    std::string pattern = (std::filesystem::temp_directory_path() / "lokactl-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    listener_ = ::socket(AF_UNIX, SOCK_STREAM, 0);
    REQUIRE(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_, 4) == 0);
    if (!play) return;
    thread_ = std::thread([this, play = std::move(play)] {
      const int connection = ::accept(listener_, nullptr, nullptr);
      play(connection);
      ::close(connection);
    });
  }
  ~Service() {
    if (thread_.joinable()) thread_.join();
    ::close(listener_);
    std::filesystem::remove_all(folder_);
  }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  [[nodiscard]] std::string path() const { return folder_ + "/control.sock"; }

 private:
  std::string folder_;
  int listener_ = -1;
  std::thread thread_;
};

std::string read_request(int connection) {
  control::FrameReader reader(control::kRequestBytesMax);
  for (;;) {
    if (auto payload = reader.next(); payload && *payload) return **payload;
    char chunk[256];
    const ssize_t got = ::recv(connection, chunk, sizeof chunk, 0);
    if (got <= 0) return {};
    reader.feed({chunk, static_cast<size_t>(got)});
  }
}

void write_all(int connection, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

}  // namespace

TEST_CASE("ask: sends the request and gives the document") {
  std::string request;
  const std::string document = R"({"schema":1,"text":")" + std::string(3'000'000, 'x') + "\"}";
  Result<std::string, AskFailure> answer;
  {
    const Service service([&](int connection) {
      request = read_request(connection);
      write_all(connection, control::encode_frame(control::encode_ok(document)));
    });
    answer = ask(service.path(), {Verb::kMiner, "farm.rig7"});
  }
  CHECK(request == R"({"verb":"miner","args":{"name":"farm.rig7"}})");
  REQUIRE(answer);
  CHECK(*answer == document);
}

TEST_CASE("ask: a refusal keeps its sentence") {
  const Service service([&](int connection) {
    read_request(connection);
    write_all(connection, control::encode_frame(control::encode_refusal("no such miner")));
  });
  const auto answer = ask(service.path(), {Verb::kMiner, "x"});
  REQUIRE_FALSE(answer);
  CHECK(answer.error().error == AskError::kRefused);
  CHECK(answer.error().sentence == "no such miner");
}

TEST_CASE("ask: nobody listens") {
  const auto absent = ask("/nonexistent/control.sock", {Verb::kStatus, {}});
  REQUIRE_FALSE(absent);
  CHECK(absent.error().error == AskError::kNotRunning);
  CHECK(absent.error().sentence.find("systemctl start loka-stratum") != std::string::npos);
  CHECK(ask("", {Verb::kStatus, {}}).error().error == AskError::kUsage);
  CHECK(ask('/' + std::string(200, 'x'), {Verb::kStatus, {}}).error().error == AskError::kUsage);
}

TEST_CASE("ask: a service that accepts and says nothing is left at the deadline") {
  const Service service;  // its queue of connections accepts
  const auto answer = ask(service.path(), {Verb::kStatus, {}}, Duration::milliseconds(50));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().error == AskError::kNotRunning);
  CHECK(answer.error().sentence.find("gave no answer within 50 ms") != std::string::npos);
}

TEST_CASE("ask: half an answer, no answer, and nonsense are told apart from a refusal") {
  for (const std::string& bytes :
       {std::string(), std::string("\0\0", 2), std::string("\0\0\0\x09{\"ok\":tr", 12),
        std::string("\xff\xff\xff\xff", 4), std::string("HTTP/1.1 400 Bad Request\r\n\r\n"),
        control::encode_frame("[]")}) {
    CAPTURE(bytes);
    const Service service([&](int connection) {
      read_request(connection);
      write_all(connection, bytes);
    });
    const auto answer = ask(service.path(), {Verb::kStatus, {}});
    REQUIRE_FALSE(answer);
    CHECK(answer.error().error == AskError::kNotRunning);
  }
}
