// Where the real engine meets the virtual machine: the calls of worker/net, and with the linker's
// --wrap the few of libc and of shm that recovery and commits go through. What is not here is the
// real code. Every call is a place where the engine may die, before it and after it.
#include <cerrno>
#include <cstdio>
#include <ctime>

#include <netinet/in.h>
#include <sys/socket.h>

#include "common/base/ip_address.h"
#include "shm/journal.h"
#include "shm/store.h"
#include "tests/sim/ledger.h"
#include "tests/sim/machine.h"
#include "worker/net/socket_io.h"
#include "worker/net/watcher.h"
#include "worker/session/miner_line.h"

namespace loka::net {

using sim::Connection;
using sim::machine;
using sim::Machine;

// ---- worker/net/watcher -----------------------------------------------------------------------

struct Watcher::Watch {
  sim::Interest interest;
};

Watcher::Watcher(uv_loop_t*, void* owner, OnReady on_ready)
    : set_(-1), owner_(owner), on_ready_(on_ready) {}

Watcher::~Watcher() = default;

Watcher::Watch* Watcher::watch(int descriptor, uint32_t kind, uint32_t index) {
  all_.push_back(std::make_unique<Watch>());
  sim::Interest& interest = all_.back()->interest;
  interest.descriptor = descriptor;
  interest.tell = [this, kind, index](bool readable, bool writable, bool hung_up) {
    on_ready_(owner_, kind, index, {readable, writable, hung_up});
  };
  machine().watch(&interest);
  return all_.back().get();
}

bool Watcher::arm(Watch& watch, bool reading, bool writing) {
  watch.interest.reading = reading;
  watch.interest.writing = writing;
  watch.interest.hang_up = !reading && !writing;
  return true;
}

void Watcher::disarm(Watch& watch) {
  watch.interest.reading = watch.interest.writing = watch.interest.hang_up = false;
}

void Watcher::forget(Watch* watch) { watch->interest.is_forgotten = true; }

// ---- worker/net/socket_io and socket_counts ---------------------------------------------------

namespace {

shm::SocketName name_of(const Connection& connection) {
  shm::SocketName name;
  name.descriptor = Machine::descriptor(connection);
  name.cookie = Machine::cookie(connection);
  return name;
}

Connection& connection_of(int descriptor) {
  Connection* const connection = machine().find(descriptor);
  if (connection == nullptr) sim::fail("a descriptor was used that is not open");
  return *connection;
}

}  // namespace

Io read_some(int descriptor, char* to, size_t bytes_max) {
  machine().maybe_die();
  Connection& connection = connection_of(descriptor);
  if (const size_t count = machine().read(connection, to, bytes_max); count > 0) {
    machine().maybe_die();
    return {IoStatus::kDone, count};
  }
  if (Machine::is_broken(connection)) return {IoStatus::kBroken, 0};
  if (Machine::has_ended(connection)) return {IoStatus::kEnd, 0};
  return {IoStatus::kWouldBlock, 0};
}

Io write_some(int descriptor, std::span<const std::string_view> pieces) {
  machine().maybe_die();
  Connection& connection = connection_of(descriptor);
  if (Machine::is_broken(connection)) return {IoStatus::kBroken, 0};
  size_t written = 0;
  for (const std::string_view piece : pieces) {
    const size_t count = machine().write(connection, piece);
    written += count;
    if (count < piece.size()) break;
  }
  machine().maybe_die();
  if (written == 0) return {IoStatus::kWouldBlock, 0};
  return {IoStatus::kDone, written};
}

Result<Accepted, int> accept_one(int) {
  machine().maybe_die();
  const Connection* const connection = machine().accept();
  if (connection == nullptr) return Error(EAGAIN);
  machine().maybe_die();
  return Accepted{name_of(*connection), {}};
}

Result<shm::SocketName, int> open_socket(const SocketAddress&) {
  machine().maybe_die();
  const Connection* const connection = machine().open();
  machine().maybe_die();
  return name_of(*connection);
}

int begin_connect(int descriptor, const SocketAddress& address) {
  machine().maybe_die();
  machine().connect(connection_of(descriptor), address.port);
  machine().maybe_die();
  return EINPROGRESS;
}

int connect_outcome(int descriptor) {
  return Machine::is_broken(connection_of(descriptor)) ? ECONNREFUSED : 0;
}

bool is_same_socket(const shm::SocketName& name) {
  return name.is_open() && socket_cookie(name.descriptor) == name.cookie;
}

void close_socket(const shm::SocketName& name) {
  machine().maybe_die();
  if (is_same_socket(name)) machine().close(name.descriptor);
  machine().maybe_die();
}

Result<SocketCounts, SystemError> socket_counts(int descriptor, Origin) {
  machine().maybe_die();
  return Machine::counts(connection_of(descriptor));
}

uint64_t socket_cookie(int descriptor) {
  const Connection* const connection = machine().find(descriptor);
  return connection == nullptr ? 0 : Machine::cookie(*connection);
}

}  // namespace loka::net

// ---- what recovery asks of libc ----------------------------------------------------------------
// The descriptor table is the virtual kernel's.

namespace {

void fill(sockaddr* address, socklen_t* length, uint16_t port) {
  auto* const v4 = reinterpret_cast<sockaddr_in*>(address);
  *v4 = {};
  v4->sin_family = AF_INET;
  v4->sin_port = htons(port);
  v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  *length = sizeof *v4;
}

constexpr uint16_t kListenPort = 3333;
constexpr uint16_t kEphemeralPort = 40'000;

}  // namespace

extern "C" {

int __real_clock_gettime(clockid_t clock, timespec* time);
int __wrap_clock_gettime(clockid_t clock, timespec* time);
int __wrap_clock_gettime(clockid_t clock, timespec* time) {
  if (clock != CLOCK_MONOTONIC) return __real_clock_gettime(clock, time);
  constexpr int64_t kSecond = 1'000'000'000;
  const int64_t now_ns = loka::sim::machine().now().ns();
  *time = {now_ns / kSecond, now_ns % kSecond};
  return 0;
}

// Is it open?
int __wrap_fcntl64(int descriptor, int command, ...);
int __wrap_fcntl64(int descriptor, int, ...) {
  return loka::sim::machine().find(descriptor) == nullptr ? -1 : 0;
}

int __real_close(int descriptor);
int __wrap_close(int descriptor);
int __wrap_close(int descriptor) {
  if (loka::sim::machine().find(descriptor) == nullptr) return __real_close(descriptor);
  loka::sim::machine().close(descriptor);
  return 0;
}

int __wrap_getsockname(int descriptor, sockaddr* address, socklen_t* length);
int __wrap_getsockname(int descriptor, sockaddr* address, socklen_t* length) {
  const auto* const connection = loka::sim::machine().find(descriptor);
  const bool is_ours = descriptor == loka::sim::kListener ||
                       (connection != nullptr && loka::sim::Machine::was_accepted(*connection));
  fill(address, length, is_ours ? kListenPort : kEphemeralPort);
  return 0;
}

int __wrap_getpeername(int descriptor, sockaddr* address, socklen_t* length);
int __wrap_getpeername(int, sockaddr* address, socklen_t* length) {
  fill(address, length, kEphemeralPort);
  return 0;
}

}  // extern "C"

// ---- a commit, cut anywhere --------------------------------------------------------------------

namespace loka::shm {

void real_seal(Journal* journal) asm("__real__ZN4loka3shm7Journal4sealEv");
void wrap_seal(Journal* journal) asm("__wrap__ZN4loka3shm7Journal4sealEv");
void wrap_seal(Journal* journal) {
  sim::machine().maybe_die();
  real_seal(journal);
  sim::ledger().on_sealed();
  sim::machine().maybe_die();
}

void real_unseal(Journal* journal) asm("__real__ZN4loka3shm7Journal6unsealEv");
void wrap_unseal(Journal* journal) asm("__wrap__ZN4loka3shm7Journal6unsealEv");
void wrap_unseal(Journal* journal) {
  sim::machine().maybe_die();
  real_unseal(journal);
  sim::ledger().on_in_place();
  sim::machine().maybe_die();
}

bool real_put(Store* store, RecordKind kind, uint32_t index, std::span<const char> bytes) asm(
    "__real__ZN4loka3shm5Store3putENS0_10RecordKindEjSt4spanIKcLm18446744073709551615EE");
bool wrap_put(Store* store, RecordKind kind, uint32_t index, std::span<const char> bytes) asm(
    "__wrap__ZN4loka3shm5Store3putENS0_10RecordKindEjSt4spanIKcLm18446744073709551615EE");
bool wrap_put(Store* store, RecordKind kind, uint32_t index, std::span<const char> bytes) {
  sim::machine().maybe_die();
  return real_put(store, kind, index, bytes);
}

}  // namespace loka::shm

namespace loka::worker {

#define LOKA_HANDLE_MINER_LINE                                                        \
  "_ZN4loka6worker17handle_miner_lineERNS_3shm11TransactionEjSt17basic_string_viewIc" \
  "St11char_traitsIcEERKNS0_4TurnE"
LineOutcome real_handle(shm::Transaction& tx, uint32_t session, std::string_view line,
                        const Turn& turn) asm("__real_" LOKA_HANDLE_MINER_LINE);
LineOutcome wrap_handle(shm::Transaction& tx, uint32_t session, std::string_view line,
                        const Turn& turn) asm("__wrap_" LOKA_HANDLE_MINER_LINE);
LineOutcome wrap_handle(shm::Transaction& tx, uint32_t session, std::string_view line,
                        const Turn& turn) {
  if (sim::is_poison(line)) throw sim::EngineDeath{true};
  const LineOutcome outcome = real_handle(tx, session, line, turn);
  if (outcome == LineOutcome::kHandled) sim::ledger().on_handled(line);
  return outcome;
}

}  // namespace loka::worker
