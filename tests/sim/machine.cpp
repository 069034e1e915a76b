#include "tests/sim/machine.h"

#include <algorithm>

#include "common/base/check.h"

namespace loka::sim {
namespace {

Machine* the_machine = nullptr;

// A peer's window while it connects to us or we to it.
constexpr size_t kPoolRoom = 32 * 1024;

}  // namespace

void use_machine(Machine* machine) { the_machine = machine; }

Machine& machine() {
  CHECK(the_machine != nullptr);
  return *the_machine;
}

void fail(std::string what) { throw Failure{std::move(what)}; }

void Connection::reset() {
  is_reset_ = true;
  transit_.clear();
  to_peer_.clear();
}

std::string Connection::hear(size_t bytes_max) {
  const size_t count = std::min(bytes_max, to_peer_.size());
  std::string heard = to_peer_.substr(0, count);
  to_peer_.erase(0, count);
  return heard;
}

Wire Machine::arrive(size_t room) {
  auto wire = std::make_shared<Connection>();
  wire->state_ = Connection::State::kOpen;
  wire->room_ = room;
  queue_.push_back(wire);
  return wire;
}

void Machine::carry() {
  const auto move = [this](Connection& c) {
    if (c.is_reset_ || c.state_ != Connection::State::kOpen) return;
    if (!c.transit_.empty() && random_.chance(80)) {
      const size_t count =
          random_.chance(70) ? c.transit_.size() : 1 + random_.below(c.transit_.size());
      c.arrived_ += c.transit_.substr(0, count);
      c.transit_.erase(0, count);
    }
    if (c.transit_.empty() && c.has_finished_) c.has_fin_arrived_ = true;
  };
  for (const auto& [descriptor, wire] : open_) move(*wire);
  for (const Wire& wire : queue_) move(*wire);
}

Connection* Machine::find(int descriptor) {
  const auto found = open_.find(descriptor);
  return found == open_.end() ? nullptr : found->second.get();
}

Connection* Machine::enter(const Wire& wire) {
  int descriptor = kFirstDescriptor;
  for (const auto& [taken, unused] : open_) {
    if (taken != descriptor) break;
    ++descriptor;
  }
  wire->descriptor_ = descriptor;
  wire->cookie_ = next_cookie_++;
  open_.emplace(descriptor, wire);
  return wire.get();
}

Connection* Machine::accept() {
  if (queue_.empty()) return nullptr;
  const Wire wire = queue_.front();
  queue_.pop_front();
  return enter(wire);
}

Connection* Machine::open() {
  auto wire = std::make_shared<Connection>();
  wire->room_ = kPoolRoom;
  return enter(wire);
}

void Machine::connect(Connection& connection, uint16_t port) {
  connection.port_ = port;
  connection.state_ = Connection::State::kConnecting;
  on_connect(open_.at(connection.descriptor_), port);
}

size_t Machine::read(Connection& from, char* to, size_t bytes_max) {
  const size_t count = from.arrived_.copy(to, bytes_max);
  from.arrived_.erase(0, count);
  from.consumed_ += count;
  return count;
}

size_t Machine::write(Connection& to, std::string_view bytes) {
  if (!has_room(to)) return 0;
  const size_t count = std::min(bytes.size(), to.room_ - to.to_peer_.size());
  to.to_peer_ += bytes.substr(0, count);
  to.written_ += count;
  return count;
}

void Machine::close(int descriptor) {
  const auto found = open_.find(descriptor);
  if (found == open_.end()) fail("a descriptor was closed that is not open");
  found->second->is_closed_ = true;
  open_.erase(found);
}

net::SocketCounts Machine::counts(const Connection& c) {
  net::SocketCounts counts;
  counts.consumed = c.consumed_;
  counts.written = c.written_;
  switch (c.state_) {
    case Connection::State::kFresh:
    case Connection::State::kRefused:
      counts.state = net::TcpState::kClosed;
      return counts;
    case Connection::State::kConnecting:
      counts.state = net::TcpState::kConnecting;
      return counts;
    case Connection::State::kOpen:
      break;
  }
  if (c.is_reset_) {
    counts.state = net::TcpState::kClosed;
    counts.consumed += c.has_fin_arrived_ ? 1 : 0;  // the kernel no longer tells
    return counts;
  }
  counts.state = c.has_fin_arrived_ ? net::TcpState::kPeerFinished : net::TcpState::kOpen;
  counts.is_consumed_exact = true;
  return counts;
}

std::vector<int> Machine::descriptors() const {
  std::vector<int> all;
  for (const auto& [descriptor, wire] : open_) all.push_back(descriptor);
  return all;
}

// As libuv tells it: a broken connection is reported as all at once and then no longer watched, a
// FIN makes readable, and with nothing armed a hang-up is told once.
void Machine::poll() {
  std::erase_if(interests_, [](const Interest* interest) { return interest->is_forgotten; });
  std::vector<Interest*> turn = interests_;
  for (size_t left = turn.size(); left > 1; --left)
    std::swap(turn[left - 1], turn[random_.below(left)]);
  for (Interest* interest : turn) {
    if (interest->is_forgotten || !(interest->reading || interest->writing || interest->hang_up))
      continue;
    if (interest->descriptor == kListener) {
      if (!queue_.empty()) interest->tell(true, false, false);
      continue;
    }
    const Connection* const c = find(interest->descriptor);
    if (c == nullptr) fail("a closed descriptor is watched");
    if (is_broken(*c)) {
      interest->reading = interest->writing = interest->hang_up = false;
      interest->tell(true, true, true);
      continue;
    }
    if (c->state_ != Connection::State::kOpen) continue;
    const bool readable = interest->reading && (has_unread(*c) || has_ended(*c));
    const bool writable = interest->writing && has_room(*c);
    const bool hung_up = interest->hang_up && has_ended(*c);
    if (hung_up) interest->hang_up = false;
    if (readable || writable || hung_up) interest->tell(readable, writable, hung_up);
  }
}

}  // namespace loka::sim
