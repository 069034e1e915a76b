// The machine under the engine: a clock, a kernel that knows exactly which bytes of each connection
// were taken and given, and fate, which may end the engine at any system call and inside any
// commit. seams.cpp puts it in the place of the real one, so that the engine above is the real
// engine.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.h"
#include "tests/sim/random.h"
#include "worker/net/socket_counts.h"

namespace loka::sim {

// Thrown where the engine dies; whatever it had only in its own memory is gone.
struct EngineDeath {
  bool is_of_a_line = false;  // it will die of the same line again
};

// A rule was broken; ends the run of this seed.
struct Failure {
  std::string what;
};
[[noreturn]] void fail(std::string what);

// Numbers between those that the process itself has open: few, and one above all (see main.cpp).
inline constexpr int kListener = 500;
inline constexpr int kFirstDescriptor = 501;
inline constexpr int kDescriptorsEnd = 1023;

// One connection: the engine's socket, and what its peer sees of it.
class Connection {
 public:
  // ---- the peer's side ----
  void say(std::string_view bytes) { transit_ += bytes; }
  void finish() { has_finished_ = true; }  // a FIN behind what was said
  void reset();                            // a RST at once; what is under way is lost
  std::string hear(size_t bytes_max);
  // Whether the engine has closed it and everything it wrote has been heard.
  [[nodiscard]] bool is_over() const { return is_reset_ || (is_closed_ && to_peer_.empty()); }
  void accept_connect() { state_ = State::kOpen; }
  void refuse_connect() { state_ = State::kRefused; }

 private:
  friend class Machine;
  enum class State : uint8_t { kFresh, kConnecting, kOpen, kRefused };

  int descriptor_ = -1;
  uint64_t cookie_ = 0;
  uint16_t port_ = 0;  // of the pool; 0: an accepted connection
  State state_ = State::kFresh;
  bool has_finished_ = false;
  bool has_fin_arrived_ = false;
  bool is_reset_ = false;
  bool is_closed_ = false;  // by the engine
  uint64_t consumed_ = 0;
  uint64_t written_ = 0;
  size_t room_ = 0;      // bytes that may wait for the peer
  std::string transit_;  // said and not yet arrived
  std::string arrived_;
  std::string to_peer_;
};
using Wire = std::shared_ptr<Connection>;

// What a watched descriptor is armed for, and whom to tell.
struct Interest {
  int descriptor = -1;
  bool reading = false;
  bool writing = false;
  bool hang_up = false;
  bool is_forgotten = false;
  std::function<void(bool readable, bool writable, bool hung_up)> tell;
};

class Machine {
 public:
  explicit Machine(uint64_t seed) : random_(seed) {}

  Random& random() { return random_; }
  [[nodiscard]] Instant now() const { return now_; }
  void pass(Duration time) { now_ = now_ + time; }

  // ---- peers ----
  Wire arrive(size_t room);  // a miner: into the listener's queue
  std::function<void(const Wire&, uint16_t port)> on_connect;
  // Moves bytes that are under way, split at any place.
  void carry();

  // ---- the engine's system calls ----
  [[nodiscard]] Connection* find(int descriptor);
  size_t read(Connection& from, char* to, size_t bytes_max);
  size_t write(Connection& to, std::string_view bytes);
  [[nodiscard]] static bool has_ended(const Connection& c) { return c.has_fin_arrived_; }
  [[nodiscard]] static bool is_broken(const Connection& c) {
    return c.is_reset_ || c.state_ == Connection::State::kRefused;
  }
  [[nodiscard]] static bool has_unread(const Connection& c) { return !c.arrived_.empty(); }
  [[nodiscard]] static uint64_t cookie(const Connection& c) { return c.cookie_; }
  [[nodiscard]] static bool was_accepted(const Connection& c) { return c.port_ == 0; }
  Connection* accept();
  Connection* open();
  void connect(Connection& connection, uint16_t port);
  void close(int descriptor);
  [[nodiscard]] static net::SocketCounts counts(const Connection& c);
  [[nodiscard]] std::vector<int> descriptors() const;
  [[nodiscard]] static int descriptor(const Connection& c) { return c.descriptor_; }

  // ---- readiness ----
  void watch(Interest* interest) { interests_.push_back(interest); }
  // One turn of the loop: every watch that is ready is told once, in any order.
  void poll();
  void forget_watches() { interests_.clear(); }

  // ---- fate ----
  // The engine dies at the n-th next place where it can; 0: it lives.
  void doom(uint64_t places) { places_left_ = places; }
  void maybe_die() {
    if (places_left_ != 0 && --places_left_ == 0) throw EngineDeath{};
  }
  [[nodiscard]] bool is_doomed() const { return places_left_ != 0; }

 private:
  Connection* enter(const Wire& wire);
  [[nodiscard]] bool has_room(const Connection& c) const { return c.to_peer_.size() < c.room_; }

  Random random_;
  Instant now_ = Instant::from_ns(1'000'000'000'000);
  uint64_t next_cookie_ = 1;
  uint64_t places_left_ = 0;
  std::map<int, Wire> open_;  // by descriptor; the lowest free number is given next
  std::deque<Wire> queue_;    // accepted by the kernel, not yet by the engine
  std::vector<Interest*> interests_;
};

// The machine of the run in progress: what seams.cpp stands in for has no place to be handed it.
void use_machine(Machine* machine);
[[nodiscard]] Machine& machine();

}  // namespace loka::sim
