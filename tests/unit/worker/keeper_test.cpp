// The keeper as a process, with real kills.
#include "worker/keeper.h"

#include <set>
#include <string>

#include <doctest/doctest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/worker/keeper_fixture.h"
#include "worker/clock.h"
#include "worker/slot_lock.h"

using namespace loka;
using namespace loka::worker;
using shm::SlotState;

namespace {

std::string address_in(const std::string& who) { return who.substr(who.find(' ') + 1); }

}  // namespace

TEST_CASE("keeper: a connection outlives every engine that is killed") {
  KeeperFixture slot;
  slot.start();
  const int connection = slot.connect();
  CHECK(KeeperFixture::ask(connection, "hello") == "1: hello");
  const pid_t keeper = slot.pid();

  for (int death = 1; death <= 20; ++death) {
    slot.signal_engine(SIGKILL);
    CHECK(KeeperFixture::ask(connection, "again") == std::to_string(death + 1) + ": again");
  }
  CHECK(slot.line().deaths.load() == 20);
  CHECK(slot.line().epoch.load() == 21);
  CHECK(slot.line().fruitless.load() == 0);
  CHECK(slot.line().last_signal.load() == SIGKILL);
  CHECK(slot.line().wipes.load() == 0);
  CHECK(static_cast<pid_t>(slot.line().keeper_pid.load()) == keeper);
  close(connection);
}

TEST_CASE("keeper: what waits in the listener's queue is served by the next engine") {
  KeeperFixture slot;
  slot.start();
  const pid_t engine = slot.engine_after(0);
  REQUIRE(engine != 0);
  slot.signal_engine(SIGSTOP);
  const int connection = slot.connect();
  KeeperFixture::tell(connection, "queued");
  slot.signal_engine(SIGKILL);
  CHECK(KeeperFixture::ask(connection, "").starts_with("2: queued"));
  close(connection);
}

TEST_CASE("keeper: an engine that exits by itself is replaced, its code published") {
  KeeperFixture slot;
  slot.start();
  const int connection = slot.connect();
  KeeperFixture::tell(connection, "exit 7");
  CHECK(eventually([&] { return slot.line().deaths.load() == 1; }));
  CHECK(slot.line().last_exit.load() == 7);
  CHECK(slot.line().last_signal.load() == 0);
  CHECK(KeeperFixture::ask(connection, "next") == "2: next");
  close(connection);
}

TEST_CASE("keeper: after a memory fault engines come from other addresses, connections stay") {
  KeeperFixture slot;
  slot.start();
  const int connection = slot.connect();
  std::set<std::string> addresses{address_in(KeeperFixture::ask(connection, "who"))};

  // A plain kill changes nothing.
  slot.signal_engine(SIGKILL);
  addresses.insert(address_in(KeeperFixture::ask(connection, "who")));
  CHECK(addresses.size() == 1);

  for (const char* fault : {"segv", "abort", "segv"}) {
    const uint32_t deaths = slot.line().deaths.load();
    KeeperFixture::tell(connection, fault);
    CHECK(eventually([&] { return slot.line().deaths.load() == deaths + 1; }));
    addresses.insert(address_in(KeeperFixture::ask(connection, "who")));
  }
  CHECK(addresses.size() > 1);
  CHECK(slot.line().epoch.load() == 5);
  CHECK(slot.line().last_signal.load() == SIGSEGV);
  CHECK(static_cast<pid_t>(slot.line().keeper_pid.load()) == slot.pid());
  CHECK(take_slot_lock(slot.directory(), 1, Duration()).error().code == EWOULDBLOCK);

  // And it is still a keeper that can be stopped.
  REQUIRE(kill(slot.pid(), SIGTERM) == 0);
  CHECK(slot.exit_code() == 0);
  close(connection);
}

TEST_CASE("keeper: a stopped engine and a circling one are killed and replaced") {
  KeeperFixture slot;
  slot.start();
  const int connection = slot.connect();
  CHECK(KeeperFixture::ask(connection, "hello") == "1: hello");

  slot.signal_engine(SIGSTOP);
  CHECK(KeeperFixture::ask(connection, "after stop") == "2: after stop");
  CHECK(slot.line().kills.load() == 1);

  KeeperFixture::tell(connection, "spin");
  CHECK(eventually([&] { return slot.line().kills.load() == 2; }));
  CHECK(KeeperFixture::ask(connection, "after spin") == "3: after spin");
  CHECK(slot.line().fruitless.load() == 0);
  close(connection);
}

TEST_CASE("keeper: fruitless deaths back off, close the sessions, and mark the slot as failed") {
  KeeperFixture slot;
  slot.start();
  const int connection = slot.connect();
  CHECK(KeeperFixture::ask(connection, "hello") == "1: hello");
  slot.segment().publish_config("die at start");
  const Instant begun = monotonic_now();
  slot.signal_engine(SIGKILL);

  CHECK(slot.becomes(SlotState::kFailed));
  // Four waits: 0.1, 0.2, 0.4 and 0.8 s, each at least three quarters of that.
  CHECK((monotonic_now() - begun).ms() >= 1125);
  CHECK(slot.line().fruitless.load() == 5);
  CHECK(slot.line().wipes.load() == 1);
  CHECK(KeeperFixture::ask(connection, "still there") == "(closed)");

  // Nobody who is still queued waits for ever, and a slot in this state can be stopped.
  CHECK(eventually([&] { return slot.line().wipes.load() == 2; }));
  CHECK(slot.line().state.load() == SlotState::kFailed);
  REQUIRE(kill(slot.pid(), SIGTERM) == 0);
  CHECK(slot.exit_code() == 0);
  CHECK(slot.log_text().find("marked as failed") != std::string::npos);
  close(connection);
}

TEST_CASE("keeper: a slot that had bad luck twice serves on, with its sessions") {
  KeeperFixture slot;
  slot.start();
  const int connection = slot.connect();
  CHECK(KeeperFixture::ask(connection, "hello") == "1: hello");
  slot.segment().publish_config("die at start");
  slot.signal_engine(SIGKILL);
  CHECK(eventually([&] { return slot.line().fruitless.load() == 1; }));
  slot.segment().publish_config("");
  CHECK(KeeperFixture::ask(connection, "well").ends_with(": well"));
  CHECK(eventually([&] { return slot.line().fruitless.load() == 0; }));
  CHECK(slot.line().wipes.load() == 0);
  close(connection);
}

TEST_CASE("keeper: SIGTERM lets the engine drain and ends with 0, both gone and the lock free") {
  KeeperFixture slot;
  slot.start();
  const pid_t engine = slot.engine_after(0);
  REQUIRE(engine != 0);
  CHECK(take_slot_lock(slot.directory(), 1, Duration()).error().code == EWOULDBLOCK);
  REQUIRE(kill(slot.pid(), SIGTERM) == 0);
  CHECK(slot.exit_code() == 0);
  CHECK(slot.line().stop_requested.load() == 1);
  CHECK(slot.line().last_exit.load() == 0);
  CHECK(slot.line().last_signal.load() == 0);
  CHECK(kill(engine, 0) != 0);
  const auto lock = take_slot_lock(slot.directory(), 1, Duration());
  REQUIRE(lock.has_value());
  close(*lock);
}

TEST_CASE("keeper: a second SIGTERM does not wait for the engine") {
  KeeperFixture slot;
  slot.segment().publish_config("stubborn");
  slot.start();
  REQUIRE(slot.engine_after(0) != 0);
  const Instant begun = monotonic_now();
  REQUIRE(kill(slot.pid(), SIGTERM) == 0);
  CHECK(slot.becomes(SlotState::kStopping));
  REQUIRE(kill(slot.pid(), SIGTERM) == 0);
  CHECK(slot.exit_code() == 0);
  CHECK(monotonic_now() - begun < kStopPatience);
  CHECK(slot.line().last_signal.load() == SIGKILL);
}

TEST_CASE("keeper: an engine that never drains is killed in the end") {
  KeeperFixture slot;
  slot.segment().publish_config("stubborn");
  slot.start();
  REQUIRE(slot.engine_after(0) != 0);
  REQUIRE(kill(slot.pid(), SIGTERM) == 0);
  CHECK(slot.exit_code() == 0);
  CHECK(slot.line().last_signal.load() == SIGKILL);
}

TEST_CASE("keeper: stops when the supervisor closes the channel") {
  KeeperFixture slot;
  slot.start();
  REQUIRE(slot.engine_after(0) != 0);
  slot.close_channel();
  CHECK(slot.exit_code() == 0);
}

TEST_CASE("keeper: its engine dies with it, and then the lock is free") {
  KeeperFixture slot;
  slot.start();
  const pid_t engine = slot.engine_after(0);
  REQUIRE(engine != 0);
  REQUIRE(kill(slot.pid(), SIGKILL) == 0);
  CHECK(slot.exit_code() == -SIGKILL);
  const auto lock = take_slot_lock(slot.directory(), 1);
  REQUIRE(lock.has_value());
  close(*lock);
}

TEST_CASE("keeper: a new log takes the old one's number, for keeper and engine") {
  KeeperFixture slot;
  slot.start();
  const int connection = slot.connect();
  CHECK(KeeperFixture::ask(connection, "log before") == "1: log before");
  CHECK(slot.log_text().find("before\n") != std::string::npos);

  int ends[2];
  REQUIRE(pipe(ends) == 0);
  slot.hand_log(ends[1]);
  close(ends[1]);
  // The keeper holds the only writing end once it has taken it, and writes there when engines die.
  slot.signal_engine(SIGKILL);
  std::string text;
  CHECK(eventually([&] {
    CHECK(KeeperFixture::ask(connection, "log after").ends_with("log after"));
    pollfd waited{.fd = ends[0], .events = POLLIN, .revents = 0};
    if (poll(&waited, 1, 0) != 1) return false;
    char bytes[4096];
    const ssize_t count = read(ends[0], bytes, sizeof bytes);
    if (count > 0) text.append(bytes, static_cast<size_t>(count));
    return text.find("after\n") != std::string::npos;
  }));
  close(ends[0]);
  close(connection);
}

TEST_CASE("keeper: without the supervisor that started it, it does not begin") {
  KeeperFixture slot(1);
  slot.start();
  CHECK(slot.exit_code() == 69);
  CHECK(slot.log_text().find("the supervisor has gone") != std::string::npos);
}

TEST_CASE("keeper: its lines follow the style that the supervisor publishes") {
  KeeperFixture slot;
  slot.start();
  const pid_t engine = slot.engine_after(0);
  REQUIRE(engine != 0);
  slot.segment().publish_log_style(LogFormat::kJson, LogLevel::kInfo);
  slot.signal_engine(SIGKILL);
  REQUIRE(slot.engine_after(engine) != 0);
  slot.signal_engine(SIGKILL);
  CHECK(eventually(
      [&] { return slot.log_text().find("\"process\":\"keeper 1\"") != std::string::npos; }));
}
