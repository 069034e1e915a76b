// Pools on trial, against a pool of a few lines on loopback.
#include "worker/test_pool.h"

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace loka;
using namespace loka::worker;

namespace {

// What a pool on Bitcoin's mainnet sends, shortened: 4 bytes of extranonce1, 8 of extranonce2.
const std::string kSubscribed =
    R"({"id":1,"result":[[["mining.set_difficulty","a"],["mining.notify","a"]],"08000002",8],"error":null})"
    "\n";
const std::string kAuthorized = R"({"id":2,"result":true,"error":null})"
                                "\n";
const std::string kRefused = R"({"id":2,"result":false,"error":[24,"Unauthorized worker",null]})"
                             "\n";
const std::string kJob =
    R"({"id":null,"method":"mining.notify","params":["1","00","01","02",[],"20000000","1d00ffff","60000000",true]})"
    "\n";

constexpr TrialPatience kPatience{Duration::seconds(5), Duration::milliseconds(100)};

// Answers the n-th line that it reads with the n-th text; after the last it waits for the peer's
// end, or closes at once. Serves one connection.
class ScriptedPool {
 public:
  explicit ScriptedPool(std::vector<std::string> answers, bool hangs_up = false)
      : answers_(std::move(answers)), hangs_up_(hangs_up) {
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const name = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(bind(listener_, name, length) == 0);
    REQUIRE(listen(listener_, 1) == 0);
    REQUIRE(getsockname(listener_, name, &length) == 0);
    pool_.name = "scripted";
    pool_.address = {"127.0.0.1", ntohs(address.sin_port)};
    pool_.username = "farm";
    thread_ = std::thread([this] { serve(); });
  }
  ~ScriptedPool() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  ScriptedPool(const ScriptedPool&) = delete;
  ScriptedPool& operator=(const ScriptedPool&) = delete;

  config::Pool& pool() { return pool_; }
  PoolTrial try_it() { return try_pool(pool_, kPatience); }
  // After the trial: the lines that it sent.
  const std::vector<std::string>& heard() const { return heard_; }

 private:
  void serve() {
    const int peer = accept(listener_, nullptr, nullptr);
    if (peer < 0) return;
    std::string line;
    char byte = 0;
    while (!(hangs_up_ && heard_.size() == answers_.size()) && recv(peer, &byte, 1, 0) == 1) {
      line += byte;
      if (byte != '\n') continue;
      heard_.push_back(std::exchange(line, {}));
      if (heard_.size() > answers_.size()) continue;
      const std::string& answer = answers_[heard_.size() - 1];
      if (send(peer, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) break;
    }
    close(peer);
  }

  std::vector<std::string> answers_;
  bool hangs_up_;
  int listener_ = -1;
  config::Pool pool_;
  std::vector<std::string> heard_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("try_pool: a good pool passes every step") {
  ScriptedPool pool({kSubscribed, kAuthorized + kJob});
  const auto trial = pool.try_it();
  CHECK(trial.failure == "");
  CHECK(trial.note == "");
  CHECK(trial.extranonce1_bytes == 4);
  CHECK(trial.extranonce2_bytes == 8);
  for (const auto& step :
       {trial.resolve, trial.connect, trial.subscribe, trial.authorize, trial.job}) {
    REQUIRE(step.has_value());
    CHECK(step->ms() < 5000);
  }
}

TEST_CASE("try_pool: a job before the authorisation counts, other lines are passed over") {
  ScriptedPool pool(
      {"\n"
       R"({"id":null,"method":"client.show_message","params":["hi"]})"
       "\n" +
           std::string("not json\n") + kJob + kSubscribed,
       kAuthorized});
  CHECK(pool.try_it().failure == "");
}

TEST_CASE("try_pool: our login refused fails, with the pool's reason made safe to show") {
  ScriptedPool pool(
      {kSubscribed, "{\"id\":2,\"result\":null,\"error\":[24,\"no \\u001b[31m\",null]}\n"});
  const auto trial = pool.try_it();
  CHECK(trial.failure.starts_with("authorize: refused with code 24: no "));
  CHECK(trial.failure.find('\x1b') == std::string::npos);
  CHECK(trial.subscribe.has_value());
  CHECK_FALSE(trial.job.has_value());
}

TEST_CASE("try_pool: without a username a refusal is only a note") {
  ScriptedPool pool({kSubscribed, kRefused + kJob});
  pool.pool().username.clear();
  const auto trial = pool.try_it();
  CHECK(trial.failure == "");
  CHECK(trial.note.find("loka.test was refused") != std::string::npos);
  CHECK(trial.note.find("Unauthorized worker") != std::string::npos);
  CHECK(trial.job.has_value());
}

TEST_CASE("try_pool: each step names itself when it fails") {
  SUBCASE("subscribe is refused") {
    ScriptedPool pool({R"({"id":1,"result":null,"error":[20,"proxy full",null]})"
                       "\n"});
    CHECK(pool.try_it().failure == "subscribe: refused with code 20: proxy full");
  }
  SUBCASE("subscribe is answered with nonsense") {
    ScriptedPool pool({R"({"id":1,"result":"full","error":null})"
                       "\n"});
    CHECK(pool.try_it().failure.starts_with("subscribe: "));
  }
  SUBCASE("the pool hangs up") {
    ScriptedPool pool({kSubscribed}, true);
    CHECK(pool.try_it().failure.starts_with("authorize: "));
  }
  SUBCASE("no job") {
    ScriptedPool pool({kSubscribed, kAuthorized});
    CHECK(pool.try_it().failure == "job: no answer in time");
  }
  SUBCASE("a line without end") {
    ScriptedPool pool({std::string(70 * 1024, 'x')});
    CHECK(pool.try_it().failure == "subscribe: the pool sends a line above 64 KiB");
  }
  SUBCASE("nobody listens") {
    config::Pool pool;
    pool.address = {"127.0.0.1", 1};
    CHECK(try_pool(pool, kPatience).failure == "connect: 127.0.0.1:1: Connection refused");
  }
  SUBCASE("no such name") {
    config::Pool pool;
    pool.address = {"pool.invalid", 3333};
    CHECK(try_pool(pool, kPatience).failure.starts_with("resolve: "));
  }
  SUBCASE("TLS") {
    config::Pool pool;
    pool.address = {"127.0.0.1", 1};
    pool.tls = true;
    CHECK(try_pool(pool, kPatience).failure.find("TLS") != std::string::npos);
  }
}

TEST_CASE("try_pool: logs in as the pool's username, with its password") {
  std::vector<std::string> heard;
  {
    ScriptedPool pool({kSubscribed, kAuthorized + kJob});
    pool.pool().password = "secret";
    REQUIRE(pool.try_it().failure == "");
    heard = pool.heard();
  }
  REQUIRE(heard.size() == 2);
  CHECK(heard[0].find("mining.subscribe") != std::string::npos);
  CHECK(heard[1].find(R"("farm")") != std::string::npos);
  CHECK(heard[1].find(R"("secret")") != std::string::npos);
}

TEST_CASE("render: one aligned row for each pool, failures and notes below") {
  PoolTrial good;
  good.name = "primary";
  good.url = "stratum+tcp://pool.example.com:3333";
  good.resolve = good.connect = good.subscribe = good.authorize = good.job =
      Duration::microseconds(1250);
  good.extranonce1_bytes = 4;
  good.extranonce2_bytes = 8;
  good.note = "worth knowing";
  PoolTrial bad;
  bad.name = "b";
  bad.url = "stratum+tcp://b:1";
  bad.failure = "connect: b: Connection refused";
  const std::vector<PoolTrial> trials{good, bad};
  const std::string text = render(trials);
  CHECK(text.find("4 + 8 bytes") != std::string::npos);
  CHECK(text.find("1.2 ms") != std::string::npos);
  CHECK(text.find("  note: worth knowing\n") != std::string::npos);
  CHECK(text.find("  failed: connect: b: Connection refused\n") != std::string::npos);
  CHECK(text.find("url ") == text.find("stratum+tcp://pool") - text.find('\n') - 1);
}

TEST_CASE("test_pools: input that is no configuration ends with 78") {
  const int input = memfd_create("input", MFD_CLOEXEC);
  const std::string text = "pools: [";
  REQUIRE(pwrite(input, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  CHECK(test_pools(input) == 78);
  close(input);
  CHECK(test_pools(9999) == 78);
}
