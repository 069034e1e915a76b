// What an engine leaves and the next one finds, with real sockets of this process on loopback.
#include "worker/recovery.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shm/transaction.h"
#include "tests/unit/shm/small_store.h"
#include "worker/net/socket_counts.h"
#include "worker/net/socket_io.h"

namespace loka::worker {
namespace {

using shm::RecordKind;
using shm::Session;

// A listener, a store, and connections between this process and itself.
struct Fixture {
  Fixture() {
    listener = ::socket(AF_INET, SOCK_STREAM, 0);
    const int on = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_OOBINLINE, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener, 16) == 0);
    socklen_t length = sizeof bound;
    REQUIRE(::getsockname(listener, reinterpret_cast<sockaddr*>(&bound), &length) == 0);
    // Whatever the test program itself has open is not to be swept away.
    for (int descriptor = 0; descriptor < 1024; ++descriptor)
      if (::fcntl(descriptor, F_GETFD) != -1) kept.push_back(descriptor);
  }
  ~Fixture() {
    for (const int peer : peers) ::close(peer);
    for (const int descriptor : accepted) ::close(descriptor);
    ::close(listener);
  }

  // A miner connects; returns its side. The accepted side is in `last`.
  int connect() {
    const int peer = ::socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(::connect(peer, reinterpret_cast<sockaddr*>(&bound), sizeof bound) == 0);
    peers.push_back(peer);
    kept.push_back(peer);
    last = net::accept_one(listener).value();
    accepted.push_back(last.socket.descriptor);
    return peer;
  }
  uint32_t session_for(const net::Accepted& one) {
    tx.begin();
    const uint32_t index = tx.open<Session>();
    tx.edit<Session>(index).socket = one.socket;
    tx.commit();
    return index;
  }
  // As Serving::read does it: the scratch is named, then written by read() alone.
  size_t read_into_scratch(uint32_t index) {
    const Session& session = s.store.table<Session>()[index];
    shm::Scratch& scratch = s.store.shard().scratch();
    scratch.owner = {static_cast<uint32_t>(RecordKind::kSession), index, session.generation, 0,
                     session.in.end};
    scratch.length = 0;
    return net::read_some(session.socket.descriptor, scratch.bytes, 4096).bytes;
  }
  Recovered recover_now(bool death_counts = true) {
    return recover(s.store, std::array{listener}, kept, death_counts, [] {});
  }
  Session& session(uint32_t index) { return s.store.table<Session>()[index]; }

  shm::SmallStore s;
  shm::Transaction tx{s.store};
  int listener = -1;
  sockaddr_in bound{};
  std::vector<int> kept;
  std::vector<int> peers;
  std::vector<int> accepted;
  net::Accepted last;
};

void say(int peer, std::string_view text) {
  REQUIRE(::send(peer, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
}

TEST_CASE("recovery: a session with nothing under way is sound") {
  Fixture f;
  f.connect();
  const uint32_t index = f.session_for(f.last);
  const Recovered found = f.recover_now();
  REQUIRE(found.sound.size() == 1);
  CHECK(found.sound[0].index == index);
  CHECK(found.broken.empty());
  CHECK(found.unread.empty());
}

TEST_CASE("recovery: what read() took and no record has yet is found in scratch") {
  Fixture f;
  say(f.connect(), "first line\nsecond");
  const uint32_t index = f.session_for(f.last);
  REQUIRE(f.read_into_scratch(index) == 17);

  SUBCASE("all of it, though its length was not stored yet") {
    CHECK(f.recover_now().unread == "first line\nsecond");
  }
  SUBCASE("only what no commit has handled") {
    f.tx.begin();
    f.tx.advance(f.tx.edit<Session>(index).in, 11);
    f.tx.commit();
    CHECK(f.recover_now().unread == "second");
  }
  SUBCASE("nothing that waits in pages already") {
    f.tx.begin();
    f.tx.advance(f.tx.edit<Session>(index).in, 11);
    REQUIRE(f.tx.append(f.tx.edit<Session>(index).in, "second"));
    f.tx.commit();
    CHECK(f.recover_now().unread.empty());
    CHECK(f.session(index).in.waiting() == 6);
  }
  SUBCASE("a scratch of somebody else proves the record broken") {
    f.s.store.shard().scratch().owner.index = index + 1;
    const Recovered found = f.recover_now();
    REQUIRE(found.broken.size() == 1);
    CHECK(found.broken[0].index == index);
  }
}

TEST_CASE("recovery: what came before a RST is still there to be handled") {
  Fixture f;
  const int peer = f.connect();
  say(peer, "one\n");
  const uint32_t index = f.session_for(f.last);
  REQUIRE(f.read_into_scratch(index) == 4);
  f.s.store.shard().scratch().length = 4;
  const linger at_once{1, 0};
  ::setsockopt(peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  f.kept.erase(std::find(f.kept.begin(), f.kept.end(), peer));
  f.peers.clear();
  ::close(peer);
  const Recovered found = f.recover_now();
  CHECK(found.broken.empty());
  CHECK(found.unread == "one\n");
}

TEST_CASE("recovery: output goes on where the kernel stopped taking it") {
  Fixture f;
  f.connect();
  const uint32_t index = f.session_for(f.last);
  f.tx.begin();
  REQUIRE(f.tx.append(f.tx.edit<Session>(index).out, "0123456789"));
  f.tx.commit();
  // The engine wrote four bytes and died before it could store that.
  REQUIRE(::send(f.last.socket.descriptor, "0123", 4, 0) == 4);
  const Recovered found = f.recover_now();
  CHECK(found.broken.empty());
  CHECK(f.session(index).out.position == 4);
  std::string rest(f.session(index).out.waiting(), '\0');
  f.s.store.pages().copy(f.session(index).out, rest.data());
  CHECK(rest == "456789");
}

TEST_CASE("recovery: more written than the record ever had is a broken record") {
  Fixture f;
  f.connect();
  const uint32_t index = f.session_for(f.last);
  REQUIRE(::send(f.last.socket.descriptor, "unheard of", 10, 0) == 10);
  const Recovered found = f.recover_now();
  REQUIRE(found.broken.size() == 1);
  CHECK(found.broken[0].index == index);
}

TEST_CASE("recovery: an accept that nobody wrote down is adopted, anything else is closed") {
  Fixture f;
  f.connect();
  const net::Accepted fresh = f.last;
  const int stranger = ::socket(AF_INET, SOCK_STREAM, 0);
  const Recovered found = f.recover_now();
  REQUIRE(found.adopted.size() == 1);
  CHECK(found.adopted[0].socket.descriptor == fresh.socket.descriptor);
  CHECK(found.adopted[0].socket.cookie == fresh.socket.cookie);
  CHECK(::fcntl(stranger, F_GETFD) == -1);
}

TEST_CASE("recovery: an accepted socket that has spoken already is nobody's and is closed") {
  Fixture f;
  say(f.connect(), "x");
  char byte;
  REQUIRE(::recv(f.last.socket.descriptor, &byte, 1, 0) == 1);
  CHECK(f.recover_now().adopted.empty());
  CHECK(::fcntl(f.last.socket.descriptor, F_GETFD) == -1);
}

TEST_CASE("recovery: another socket under the number is not the one that was named") {
  Fixture f;
  f.connect();
  const uint32_t index = f.session_for(f.last);
  f.session(index).socket.cookie ^= 1;
  const Recovered found = f.recover_now();
  REQUIRE(found.broken.size() == 1);
  CHECK(found.broken[0].index == index);
}

TEST_CASE("recovery: what kills twice is named the third time, a kill from outside blames nobody") {
  Fixture f;
  f.connect();
  const uint32_t index = f.session_for(f.last);
  const shm::ConnectionName name{static_cast<uint32_t>(RecordKind::kSession), index,
                                 f.session(index).generation, 0, 120};
  auto& in_hand = f.s.store.shard().header().in_hand;
  in_hand = name;
  CHECK(f.recover_now(false).poison.empty());
  in_hand = name;
  CHECK(f.recover_now(true).poison.empty());
  in_hand = name;
  CHECK(f.recover_now(false).poison.empty());
  in_hand = name;
  const Recovered found = f.recover_now(true);
  REQUIRE(found.poison.size() == 1);
  CHECK(found.poison[0].index == index);
}

TEST_CASE("recovery: a broken list of logins frees what hung on it") {
  Fixture f;
  f.connect();
  const uint32_t index = f.session_for(f.last);
  f.tx.begin();
  const uint32_t login = f.tx.open<shm::Login>();
  f.tx.edit<shm::Login>(login).session = index + 1;  // of somebody else
  f.tx.edit<Session>(index).first_login = login;
  f.tx.edit<Session>(index).login_count = 1;
  f.tx.miner_row(login).in_use = 1;
  f.tx.commit();
  const Recovered found = f.recover_now();
  CHECK(found.broken.size() == 1);
  CHECK_FALSE(f.s.store.table<shm::Login>().holds(login));
  CHECK(f.s.slot.miners[login - 1].own().in_use == 0);
}

TEST_CASE("recovery: shares whose request is gone are named unanswered, so that the sums hold") {
  Fixture f;
  f.tx.begin();
  f.tx.shares().submitted = 3;
  f.tx.shares().accepted = 1;
  f.tx.shares().in_flight = 2;
  f.tx.commit();
  (void)f.recover_now();
  const shm::ShareBlock shares = f.s.slot.shares.own();
  CHECK(shares.unanswered == 2);
  CHECK(shares.in_flight == 0);
  CHECK(shares.submitted == shares.accepted + shares.unanswered);
}

}  // namespace
}  // namespace loka::worker
