#include "worker/net/self_test.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <system_error>
#include <thread>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace loka::net {

namespace {

constexpr int kWaitMsMax = 2000;  // for what loopback does at once, on a machine with time
constexpr int kTrafficRounds = 300;
constexpr size_t kQueuedBytesMax = 1 << 20;

using Chunk = std::array<char, 4096>;
constexpr Chunk kChunk{};

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { reset(-1); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return number_; }
  [[nodiscard]] bool is_open() const { return number_ >= 0; }
  void reset(int number) {
    if (number_ >= 0) close(number_);
    number_ = number;
  }

 private:
  int number_;
};

int loopback_socket() { return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); }

// One connection of this process to itself: `ours` is counted, `theirs` plays the peer. Every step
// returns whether it did what it is for; steps on `ours` also keep the account that the kernel's
// counts are compared with.
class Link {
 public:
  Link(Origin origin, CountFunction count) : origin_(origin), count_(count) {}

  [[nodiscard]] bool open();

  // The peer's side.
  [[nodiscard]] bool peer_sends(size_t bytes, int flags = 0) {
    return send(theirs_.get(), kChunk.data(), bytes, flags | MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes);
  }
  [[nodiscard]] bool peer_finishes() {
    return shutdown(theirs_.get(), SHUT_WR) == 0 && has_come(POLLRDHUP);
  }
  [[nodiscard]] bool peer_resets() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    if (setsockopt(theirs_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) != 0)
      return false;
    theirs_.reset(-1);
    return has_come(POLLHUP);
  }
  void peer_moves_bytes() {
    Chunk bytes;
    (void)send(theirs_.get(), kChunk.data(), 1 + ++turns_ * 37 % 1500, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)recv(theirs_.get(), bytes.data(), 1 + turns_ * 53 % 2000, MSG_DONTWAIT);
  }

  // Our side. takes: exactly so many bytes, which the peer has sent. moves: what is possible.
  [[nodiscard]] bool takes(size_t bytes) {
    while (bytes > 0) {
      if (!has_come(POLLIN)) return false;
      const ssize_t taken = take(bytes);
      if (taken <= 0) return false;
      bytes -= static_cast<size_t>(taken);
    }
    return true;
  }
  [[nodiscard]] bool takes_end() { return take(1) == 0; }
  [[nodiscard]] bool gives(size_t bytes) { return give(bytes) == static_cast<ssize_t>(bytes); }
  void fills_queue() {
    while (written_ < kQueuedBytesMax && give(kChunk.size()) > 0) {
    }
  }
  void moves_bytes(size_t turn) {
    (void)take(1 + turn * 41 % 2500);
    (void)give(1 + turn * 29 % 1700);
  }
  [[nodiscard]] bool has_come(short events) const {
    pollfd waited{.fd = ours_.get(), .events = events, .revents = 0};
    return poll(&waited, 1, kWaitMsMax) == 1 && (waited.revents & events) != 0;
  }

  // Whether the kernel's counts are our account. After FIN then RST, one byte too many is promised.
  [[nodiscard]] bool counts_right(TcpState state, uint64_t surplus_max = 0) const {
    const auto counts = count_(ours_.get(), origin_);
    return counts && counts->state == state && counts->written == written_ &&
           counts->consumed >= consumed_ && counts->consumed <= consumed_ + surplus_max;
  }

 private:
  ssize_t take(size_t bytes) {
    Chunk into;
    const ssize_t taken =
        recv(ours_.get(), into.data(), std::min(bytes, into.size()), MSG_DONTWAIT);
    if (taken > 0) consumed_ += static_cast<uint64_t>(taken);
    return taken;
  }
  ssize_t give(size_t bytes) {
    const ssize_t given = send(ours_.get(), kChunk.data(), bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (given > 0) written_ += static_cast<uint64_t>(given);
    return given;
  }

  Origin origin_;
  CountFunction count_;
  Descriptor ours_{-1};
  Descriptor theirs_{-1};
  uint64_t consumed_ = 0;
  uint64_t written_ = 0;
  size_t turns_ = 0;
};

bool Link::open() {
  const Descriptor listener(loopback_socket());
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* const name = reinterpret_cast<sockaddr*>(&address);
  if (!listener.is_open() || !set_counted_options(listener.get()) ||
      bind(listener.get(), name, length) != 0 || listen(listener.get(), 1) != 0 ||
      getsockname(listener.get(), name, &length) != 0) {
    return false;
  }
  Descriptor& connected = origin_ == Origin::kConnected ? ours_ : theirs_;
  Descriptor& accepted = origin_ == Origin::kConnected ? theirs_ : ours_;
  connected.reset(loopback_socket());
  if (!connected.is_open() || !set_counted_options(connected.get()) ||
      connect(connected.get(), name, length) != 0) {
    return false;
  }
  accepted.reset(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  return accepted.is_open();
}

bool unread_bytes(Link& link) {
  if (!link.counts_right(TcpState::kOpen)) return false;
  if (!link.peer_sends(1000) || !link.has_come(POLLIN) || !link.gives(500)) return false;
  if (!link.counts_right(TcpState::kOpen) || !link.takes(300)) return false;
  if (!link.counts_right(TcpState::kOpen)) return false;
  link.fills_queue();
  return link.counts_right(TcpState::kOpen);
}

bool running_traffic(Link& link) {
  std::atomic<bool> is_over{false};
  std::thread peer;
  try {
    peer = std::thread([&] {
      while (!is_over.load(std::memory_order_relaxed)) link.peer_moves_bytes();
    });
  } catch (const std::system_error&) {
    return false;
  }
  bool is_right = link.has_come(POLLIN);
  for (size_t turn = 0; is_right && turn < kTrafficRounds; ++turn) {
    link.moves_bytes(turn);
    is_right = link.counts_right(TcpState::kOpen);
  }
  is_over.store(true);
  peer.join();
  return is_right;
}

bool urgent_byte(Link& link) {
  return link.peer_sends(2) && link.peer_sends(1, MSG_OOB) && link.peer_sends(2) && link.takes(1) &&
         link.counts_right(TcpState::kOpen) && link.takes(2) &&
         link.counts_right(TcpState::kOpen) && link.takes(2) && link.counts_right(TcpState::kOpen);
}

bool after_fin(Link& link) {
  return link.peer_sends(10) && link.takes(4) && link.peer_finishes() && link.gives(3) &&
         link.counts_right(TcpState::kPeerFinished) && link.takes(6) &&
         link.counts_right(TcpState::kPeerFinished) && link.takes_end() &&
         link.counts_right(TcpState::kPeerFinished);
}

bool after_rst(Link& link) {
  return link.peer_sends(10) && link.takes(4) && link.gives(3) && link.peer_resets() &&
         link.counts_right(TcpState::kClosed) && link.takes(6) &&
         link.counts_right(TcpState::kClosed);
}

bool after_fin_then_rst(Link& link) {
  return link.peer_sends(10) && link.takes(4) && link.gives(3) && link.peer_finishes() &&
         link.peer_resets() && link.counts_right(TcpState::kClosed, 1) && link.takes(6) &&
         link.counts_right(TcpState::kClosed, 1);
}

struct Case {
  std::string_view name;
  bool (*holds)(Link&);
};

constexpr Case kCases[] = {
    {"with unread and unsent bytes", &unread_bytes},
    {"with traffic running", &running_traffic},
    {"with an urgent byte", &urgent_byte},
    {"after FIN", &after_fin},
    {"after RST", &after_rst},
    {"after FIN then RST", &after_fin_then_rst},
};

}  // namespace

SelfTestResult run_self_test(CountFunction count) {
  for (const Origin origin : {Origin::kAccepted, Origin::kConnected}) {
    for (const auto& [name, holds] : kCases) {
      Link link(origin, count);
      if (link.open() && holds(link)) continue;
      return {false, name, origin == Origin::kAccepted ? "accepted" : "connected"};
    }
  }
  return {true, {}, {}};
}

}  // namespace loka::net
