#include "supervisor/control/control_server.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <list>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "supervisor/clock.h"
#include "tests/unit/supervisor/temporary_directory.h"

using namespace loka;
using namespace loka::supervisor;

namespace {

constexpr Duration kPatience = Duration::seconds(10);
constexpr const char* kAsk = R"({"verb":"version"})";

// lokactl's side: a socket that never blocks.
class Client {
 public:
  explicit Client(const std::string& path)
      : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    REQUIRE(connect(socket_.number(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  void say(std::string_view bytes) {
    REQUIRE(send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
  }
  void ask(std::string_view json) { say(control::encode_frame(json)); }
  void stop_sending() { shutdown(socket_.number(), SHUT_WR); }
  void reset() { socket_.close(); }

  // The next complete answer, if it has come; is_closed() if it never will.
  std::optional<std::string> answer() {
    std::array<char, 65'536> bytes;
    ssize_t length = 0;
    while ((length = recv(socket_.number(), bytes.data(), bytes.size(), 0)) > 0) {
      reader_.feed({bytes.data(), static_cast<size_t>(length)});
    }
    is_closed_ = length == 0 || errno == ECONNRESET;
    return reader_.next().value();
  }
  bool is_closed() {
    (void)answer();
    return is_closed_;
  }

 private:
  FileDescriptor socket_;
  control::FrameReader reader_;
  bool is_closed_ = false;
};

struct Fixture {
  Fixture() {
    auto created = ControlServer::create(
        loop, path, [this](ClientId client, const control::Request& request, Instant now) {
          asked.push_back({client, request});
          if (answers_at_once) server->answer(client, reply, now);
        });
    REQUIRE_MESSAGE(created.has_value(), (created ? "" : created.error().text()));
    server = std::move(*created);
  }

  // Turns the loop until the condition holds; false if it does not within kPatience.
  bool until(const std::function<bool()>& condition) {
    const Instant deadline = monotonic_now() + kPatience;
    Timer timer(loop, [&](Instant now) {
      if (condition() || now > deadline) loop.stop();
    });
    timer.start({}, Duration::milliseconds(1));
    loop.run();
    return condition();
  }
  std::string answer_to(Client& client) {
    std::optional<std::string> answer;
    REQUIRE(until([&] {
      if (!answer) answer = client.answer();
      return answer.has_value();
    }));
    return *answer;
  }

  TemporaryDirectory folder;
  std::string path = folder.path() + "/control.sock";
  Loop loop;
  std::unique_ptr<ControlServer> server;
  struct Asked {
    ClientId client;
    control::Request request;
  };
  std::vector<Asked> asked;
  bool answers_at_once = true;
  std::string reply = R"({"ok":true,"data":{"schema":1}})";
};

}  // namespace

TEST_CASE("control_server: the socket is for owner and group, and is gone afterwards") {
  std::string path;
  {
    const TemporaryDirectory folder;
    path = folder.path() + "/control.sock";
    std::ofstream(path) << "what a predecessor left";
    Loop loop;
    const auto server = ControlServer::create(loop, path, [](auto&&...) {});
    REQUIRE(server.has_value());
    struct stat status{};
    REQUIRE(stat(path.c_str(), &status) == 0);
    CHECK(S_ISSOCK(status.st_mode));
    CHECK((status.st_mode & 0777U) == 0660U);
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("control_server: a path that no socket name can hold is an error") {
  Loop loop;
  const auto server =
      ControlServer::create(loop, "/tmp/" + std::string(200, 'x'), [](auto&&...) {});
  REQUIRE_FALSE(server.has_value());
  CHECK(server.error().code == ENAMETOOLONG);
}

TEST_CASE("control_server: requests come through and answers go back, several on one connection") {
  Fixture fixture;
  Client client(fixture.path);
  for (int i = 0; i < 3; ++i) {
    client.ask(R"({"verb":"miner","args":{"name":"farm.rig7"}})");
    CHECK(fixture.answer_to(client) == fixture.reply);
  }
  REQUIRE(fixture.asked.size() == 3);
  CHECK(fixture.asked[0].request == control::Request{control::Verb::kMiner, "farm.rig7"});
}

TEST_CASE("control_server: a request may come byte by byte, and several at once") {
  Fixture fixture;
  Client client(fixture.path);
  const std::string frame = control::encode_frame(kAsk);
  for (const char byte : frame) {
    client.say({&byte, 1});
    (void)fixture.until([] { return true; });
  }
  CHECK(fixture.answer_to(client) == fixture.reply);
  client.say(frame + frame);
  CHECK(fixture.answer_to(client) == fixture.reply);
  CHECK(fixture.answer_to(client) == fixture.reply);
}

TEST_CASE("control_server: an answer may come later, and the next request waits for it") {
  Fixture fixture;
  fixture.answers_at_once = false;
  Client client(fixture.path);
  client.ask(R"({"verb":"reload"})");
  client.ask(kAsk);
  client.stop_sending();
  REQUIRE(fixture.until([&] { return !fixture.asked.empty(); }));
  CHECK(fixture.asked.size() == 1);
  fixture.answers_at_once = true;
  fixture.server->answer(fixture.asked[0].client, R"({"ok":true,"data":"later"})", monotonic_now());
  CHECK(fixture.answer_to(client) == R"({"ok":true,"data":"later"})");
  CHECK(fixture.answer_to(client) == fixture.reply);
  CHECK(fixture.until([&] { return fixture.server->clients() == 0; }));
}

TEST_CASE("control_server: a client that goes before its answer is forgotten") {
  Fixture fixture;
  fixture.answers_at_once = false;
  Client client(fixture.path);
  client.ask(kAsk);
  REQUIRE(fixture.until([&] { return !fixture.asked.empty(); }));
  client.reset();
  fixture.server->answer(fixture.asked[0].client, fixture.reply, monotonic_now());
  CHECK(fixture.until([&] { return fixture.server->clients() == 0; }));
  fixture.server->answer(fixture.asked[0].client, fixture.reply, monotonic_now());
}

TEST_CASE("control_server: nonsense in a frame is answered with a sentence") {
  Fixture fixture;
  Client client(fixture.path);
  client.ask(R"({"verb":"dance"})");
  const auto refusal = control::decode_answer(fixture.answer_to(client));
  REQUIRE_FALSE(refusal.has_value());
  CHECK_FALSE(refusal.error().is_malformed);
  CHECK(refusal.error().sentence.find("dance") != std::string::npos);
  client.ask("not json");
  CHECK_FALSE(control::decode_answer(fixture.answer_to(client)).has_value());
  client.ask(kAsk);
  CHECK(fixture.answer_to(client) == fixture.reply);
  CHECK(fixture.asked.size() == 1);
}

TEST_CASE("control_server: who does not speak in frames, or in too long ones, is closed") {
  Fixture fixture;
  Client browser(fixture.path);
  browser.say("GET / HTTP/1.1\r\n\r\n");  // a length of 1.2 GB
  CHECK(fixture.until([&] { return browser.is_closed(); }));
  Client empty(fixture.path);
  empty.say(std::string(4, '\0'));
  CHECK(fixture.until([&] { return empty.is_closed(); }));
  CHECK(fixture.asked.empty());
}

TEST_CASE("control_server: at most 32 clients; one more gets a sentence") {
  Fixture fixture;
  std::list<Client> clients;
  for (size_t i = 0; i < kControlClientsMax; ++i) clients.emplace_back(fixture.path);
  REQUIRE(fixture.until([&] { return fixture.server->clients() == kControlClientsMax; }));
  Client late(fixture.path);
  const auto refusal = control::decode_answer(fixture.answer_to(late));
  REQUIRE_FALSE(refusal.has_value());
  CHECK(refusal.error().sentence.find("too many") != std::string::npos);
  CHECK(fixture.until([&] { return late.is_closed(); }));
  clients.pop_front();
  REQUIRE(fixture.until([&] { return fixture.server->clients() == kControlClientsMax - 1; }));
  Client another(fixture.path);
  another.ask(kAsk);
  CHECK(fixture.answer_to(another) == fixture.reply);
}

TEST_CASE("control_server: a client that stops half-way is dropped after 10 s, an idle one later") {
  Fixture fixture;
  fixture.reply.assign(8U * 1024 * 1024, ' ');
  Client idle(fixture.path);
  Client half(fixture.path);
  Client deaf(fixture.path);
  half.say(std::string_view("\0\0", 2));
  deaf.ask(kAsk);  // and never takes the answer
  REQUIRE(fixture.until([&] { return fixture.asked.size() == 1; }));
  REQUIRE(fixture.until([&] { return fixture.server->clients() == 3; }));
  const Instant now = monotonic_now();
  fixture.server->tick(now);
  CHECK(fixture.server->clients() == 3);
  fixture.server->tick(now + kControlSlowMax + Duration::milliseconds(1));
  CHECK(fixture.server->clients() == 1);
  fixture.server->tick(now + kControlIdleMax + Duration::milliseconds(1));
  CHECK(fixture.server->clients() == 0);
}

TEST_CASE("control_server: a long answer reaches a client that reads it in pieces") {
  Fixture fixture;
  fixture.reply.assign(8U * 1024 * 1024, 'x');
  Client client(fixture.path);
  client.ask(kAsk);
  CHECK(fixture.answer_to(client) == fixture.reply);
}

TEST_CASE("control_server: an answer that no frame can hold becomes a sentence") {
  Fixture fixture;
  fixture.reply.assign(control::kFrameBytesMax + 1, 'x');
  Client client(fixture.path);
  client.ask(kAsk);
  CHECK_FALSE(control::decode_answer(fixture.answer_to(client)).has_value());
}
