#include "worker/recovery.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <initializer_list>
#include <optional>
#include <string>
#include <unordered_map>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shm/transaction.h"
#include "worker/net/socket_counts.h"
#include "worker/net/socket_io.h"
#include "worker/session/turn.h"

namespace loka::worker {

using shm::kNobody;
using shm::Login;
using shm::RecordKind;
using shm::Request;
using shm::Session;
using shm::SessionState;
using shm::Upstream;
using shm::UpstreamState;

namespace {

class Recovery {
 public:
  Recovery(shm::Store& store, const std::function<void()>& beat)
      : store_(store),
        beat_(beat),
        request_is_claimed_(store.table<Request>().used() + size_t{1}, false),
        login_is_claimed_(store.table<Login>().used() + size_t{1}, false) {}

  Recovered run(std::span<const int> listeners, std::span<const int> kept, bool death_counts) {
    result_.finished_commit = store_.finish_sealed_commit();
    judge_suspect(death_counts);
    sweep(listeners, kept);
    store_.pages().begin_claims();
    judge_upstreams();
    judge_sessions();
    drop_unmatched();
    store_.pages().end_claims();
    free_unclaimed();
    settle_in_flight();
    leave_unread_alone();
    store_.shard().header().in_hand = {};
    return std::move(result_);
  }

 private:
  // ---- what killed the last engine ------------------------------------------------------------
  void judge_suspect(bool death_counts) {
    shm::ShardHeader& header = store_.shard().header();
    if (header.in_hand.kind == 0 || !death_counts) return;
    if (header.in_hand == header.suspect) {
      ++header.suspect_deaths;
    } else {
      header.suspect = header.in_hand;
      header.suspect_deaths = 1;
    }
    if (header.suspect_deaths < 2) return;
    poison_ = header.suspect;
    header.suspect = {};
    header.suspect_deaths = 0;
  }

  [[nodiscard]] bool is_poison(RecordKind kind, uint32_t index, uint32_t generation) const {
    return poison_.kind == static_cast<uint32_t>(kind) && poison_.index == index &&
           poison_.generation == generation;
  }

  void take_in_hand(RecordKind kind, uint32_t index, uint32_t generation) {
    // Offset 0 with the highest bit: attaching, not a line.
    store_.shard().header().in_hand = {static_cast<uint32_t>(kind), index, generation, 0,
                                       uint64_t{1} << 63};
    beat_();
  }

  // ---- descriptors ----------------------------------------------------------------------------
  // Closes what no record names, but for the accepts that were not yet written down.
  void sweep(std::span<const int> listeners, std::span<const int> kept) {
    std::unordered_map<int, uint64_t> named;
    const auto name = [&named](const shm::SocketName& socket) {
      if (socket.is_open()) named.emplace(socket.descriptor, socket.cookie);
    };
    for (uint32_t i = 1; i <= store_.table<Session>().used(); ++i)
      if (store_.table<Session>().holds(i)) name(store_.table<Session>()[i].socket);
    for (uint32_t i = 1; i <= store_.table<Upstream>().used(); ++i)
      if (store_.table<Upstream>().holds(i)) name(store_.table<Upstream>()[i].socket);

    std::vector<SocketAddress> listening;
    for (const int listener : listeners)
      if (const auto address = local_address(listener)) listening.push_back(*address);

    for (const int descriptor : open_descriptors()) {
      if (descriptor <= STDERR_FILENO || contains(listeners, descriptor) ||
          contains(kept, descriptor))
        continue;
      const auto found = named.find(descriptor);
      if (found != named.end() && net::socket_cookie(descriptor) == found->second) continue;
      if (!adopt(descriptor, listening)) ::close(descriptor);
      beat_();
    }
  }

  static bool contains(std::span<const int> all, int one) {
    return std::find(all.begin(), all.end(), one) != all.end();
  }

  // Every open descriptor of this process. Asking each number up to the table's size is several
  // times faster than reading /proc/self/fd, whose every entry the kernel has to make.
  static std::vector<int> open_descriptors() {
    std::vector<int> all;
    const int size = descriptor_table_size();
    for (int descriptor = 0; descriptor < size; ++descriptor)
      if (::fcntl(descriptor, F_GETFD) != -1) all.push_back(descriptor);
    return all;
  }

  // "FDSize" of /proc/self/status: above the highest descriptor ever open.
  static int descriptor_table_size() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("FDSize:")) return std::atoi(line.c_str() + 7);
    return static_cast<int>(::sysconf(_SC_OPEN_MAX));
  }

  static std::optional<SocketAddress> local_address(int descriptor) {
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return {};
    return SocketAddress::from(reinterpret_cast<const sockaddr*>(&storage));
  }

  // An accepted socket of one of our addresses from which nothing was read and to which nothing was
  // written.
  bool adopt(int descriptor, std::span<const SocketAddress> listening) {
    const auto local = local_address(descriptor);
    if (!local) return false;
    const bool is_ours =
        std::any_of(listening.begin(), listening.end(), [&local](const SocketAddress& address) {
          const bool is_any = address.ip == IpAddress{} || address.ip.text() == "0.0.0.0";
          return address.port == local->port && (is_any || address.ip == local->ip);
        });
    if (!is_ours) return false;
    const auto counts = net::socket_counts(descriptor, net::Origin::kAccepted);
    if (!counts || counts->state == net::TcpState::kOther ||
        counts->state == net::TcpState::kConnecting || counts->consumed != 0 ||
        counts->written != 0)
      return false;
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    SocketAddress peer;
    if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&storage), &length) == 0)
      peer = SocketAddress::from(reinterpret_cast<const sockaddr*>(&storage)).value_or(peer);
    shm::SocketName socket;
    socket.descriptor = descriptor;
    socket.cookie = net::socket_cookie(descriptor);
    result_.adopted.push_back({socket, peer});
    return true;
  }

  // ---- what the kernel took and gave ----------------------------------------------------------
  // Sets the output's position to what was written, and finds input that only scratch has.
  // takes_input: false for a session that is closing, whose further bytes nobody wants.
  template <class R>
  bool match_streams(R& record, RecordKind kind, uint32_t index, net::Origin origin,
                     bool takes_input = true) {
    if (!net::is_same_socket(record.socket)) return false;
    const auto counts = net::socket_counts(record.socket.descriptor, origin);
    if (!counts) return false;
    const bool is_gone = counts->state == net::TcpState::kClosed;
    if (!is_gone && counts->state != net::TcpState::kOpen &&
        counts->state != net::TcpState::kPeerFinished)
      return false;

    if (is_gone) {
      record.out.position = record.out.end;  // nobody is there to take the rest
    } else {
      if (counts->written < record.out.position || counts->written > record.out.end) return false;
      record.out.position = counts->written;
    }

    if (!takes_input) return true;
    uint64_t consumed = counts->consumed;
    const shm::Scratch& scratch = store_.shard().scratch();
    const bool owns_scratch =
        scratch.owner.kind == static_cast<uint32_t>(kind) && scratch.owner.index == index &&
        scratch.owner.generation == record.generation && scratch.length <= shm::kScratchBytes;
    if (is_gone && !counts->is_consumed_exact) {
      consumed = record.in.end;
      if (owns_scratch) consumed = std::max(consumed, scratch.owner.offset + scratch.length);
    }
    if (consumed == record.in.end) return true;
    if (!owns_scratch || consumed < record.in.end || scratch.owner.offset > record.in.end ||
        consumed - scratch.owner.offset > shm::kScratchBytes)
      return false;
    result_.unread_of = {kind, index};
    result_.unread_generation = record.generation;
    result_.unread = {scratch.bytes + (record.in.end - scratch.owner.offset),
                      consumed - record.in.end};
    return true;
  }

  // ---- records --------------------------------------------------------------------------------
  // A list of requests that is whole: every one in use, none twice, the last one last. Claimed with
  // mark(), once all of the record has proved sound.
  bool has_whole_list(const Upstream& upstream) const {
    uint32_t last = kNobody;
    uint32_t count = 0;
    uint32_t expired = 0;
    for (uint32_t at = upstream.first_request; at != kNobody; ++count) {
      if (!store_.table<Request>().holds(at) || request_is_claimed_[at] ||
          count >= upstream.open_requests)
        return false;
      const Request& request = store_.table<Request>()[at];
      if (!request.id.is_sane() || request.kind > shm::RequestKind::kOther) return false;
      if (request.has_expired) ++expired;
      last = at;
      at = request.next;
    }
    return last == upstream.last_request && count == upstream.open_requests &&
           expired == upstream.expired_requests;
  }

  bool has_whole_list(const Session& session, uint32_t index) const {
    uint32_t count = 0;
    bool has_pending = session.pending_login == kNobody;
    for (uint32_t at = session.first_login; at != kNobody; ++count) {
      if (!store_.table<Login>().holds(at) || login_is_claimed_[at] || count >= session.login_count)
        return false;
      const Login& login = store_.table<Login>()[at];
      if (login.session != index || !login.name.is_sane() || !login.password.is_sane() ||
          !login.wire_name.is_sane())
        return false;
      has_pending = has_pending || at == session.pending_login;
      at = login.next;
    }
    return has_pending && count == session.login_count && count <= kLoginsPerSessionMax;
  }

  // All of them, or none.
  bool claim(std::initializer_list<const shm::PagedBytes*> streams) {
    for (const auto* stream = streams.begin(); stream != streams.end(); ++stream) {
      if (store_.pages().claim(**stream)) continue;
      for (const auto* claimed = streams.begin(); claimed != stream; ++claimed)
        store_.pages().unclaim(**claimed);
      return false;
    }
    return true;
  }

  bool is_sound(const Upstream& upstream, uint32_t index) {
    if (upstream.state > UpstreamState::kDraining || upstream.replay > shm::Replay::kAuthorize ||
        !upstream.extranonce1.is_sane())
      return false;
    if (upstream.session == kNobody) {
      if (upstream.state != UpstreamState::kDraining) return false;
    } else if (!store_.table<Session>().holds(upstream.session) ||
               store_.table<Session>()[upstream.session].upstream != index) {
      return false;
    }
    if (!upstream.redirect_host.is_sane() || !has_whole_list(upstream) ||
        !claim({&upstream.in, &upstream.out, &upstream.held}))
      return false;
    for (uint32_t at = upstream.first_request; at != kNobody; at = store_.table<Request>()[at].next)
      request_is_claimed_[at] = true;
    return true;
  }

  bool is_sound(const Session& session, uint32_t index) {
    if (session.state > SessionState::kClosing || session.gate > shm::Gate::kWaitAnswer ||
        session.pending > shm::Step::kAuthorize || !session.pending_id.is_sane() ||
        !session.extranonce1.is_sane() || !session.agent.is_sane() ||
        !session.subscribe_params.is_sane() || !session.configure_params.is_sane())
      return false;
    if (session.upstream != kNobody &&
        (!store_.table<Upstream>().holds(session.upstream) ||
         store_.table<Upstream>()[session.upstream].session != index))
      return false;
    if (!has_whole_list(session, index) || !claim({&session.in, &session.out})) return false;
    for (uint32_t at = session.first_login; at != kNobody; at = store_.table<Login>()[at].next)
      login_is_claimed_[at] = true;
    return true;
  }

  void judge_upstreams() {
    for (uint32_t index = 1; index <= store_.table<Upstream>().used(); ++index) {
      if (!store_.table<Upstream>().holds(index)) continue;
      Upstream& upstream = store_.table<Upstream>()[index];
      take_in_hand(RecordKind::kUpstream, index, upstream.generation);
      const Connection here{RecordKind::kUpstream, index};
      if (is_poison(RecordKind::kUpstream, index, upstream.generation))
        result_.poison.push_back(here);
      bool is_whole = true;
      if (upstream.state == UpstreamState::kConnecting) {
        result_.begin_again.push_back(here);
      } else if (upstream.state != UpstreamState::kWanted) {
        is_whole = match_streams(upstream, RecordKind::kUpstream, index, net::Origin::kConnected);
      }
      if (is_whole && is_sound(upstream, index)) {
        if (upstream.state != UpstreamState::kConnecting) result_.sound.push_back(here);
        continue;
      }
      // Nothing of its lists or streams can be trusted; what hung on them is freed below.
      upstream.first_request = upstream.last_request = kNobody;
      upstream.open_requests = upstream.expired_requests = 0;
      upstream.in = upstream.out = upstream.held = {};
      result_.broken.push_back(here);
    }
  }

  void judge_sessions() {
    std::vector<Connection> sound;
    for (uint32_t index = 1; index <= store_.table<Session>().used(); ++index) {
      if (!store_.table<Session>().holds(index)) continue;
      Session& session = store_.table<Session>()[index];
      take_in_hand(RecordKind::kSession, index, session.generation);
      const Connection here{RecordKind::kSession, index};
      if (is_poison(RecordKind::kSession, index, session.generation))
        result_.poison.push_back(here);
      if (match_streams(session, RecordKind::kSession, index, net::Origin::kAccepted,
                        session.state != SessionState::kClosing) &&
          is_sound(session, index)) {
        sound.push_back(here);
        continue;
      }
      session.first_login = session.pending_login = kNobody;
      session.login_count = 0;
      session.in = session.out = {};
      result_.broken.push_back(here);
    }
    result_.sound.insert(result_.sound.begin(), sound.begin(), sound.end());
  }

  // A link to a record that is not there: the end that is there does without.
  void drop_unmatched() {
    for (const Connection& broken : result_.broken) {
      if (broken.kind == RecordKind::kSession) {
        Session& session = store_.table<Session>()[broken.index];
        const uint32_t upstream = session.upstream;
        if (upstream != kNobody && (!store_.table<Upstream>().holds(upstream) ||
                                    store_.table<Upstream>()[upstream].session != broken.index))
          session.upstream = kNobody;
      } else {
        Upstream& upstream = store_.table<Upstream>()[broken.index];
        const uint32_t session = upstream.session;
        if (session != kNobody && (!store_.table<Session>().holds(session) ||
                                   store_.table<Session>()[session].upstream != broken.index))
          upstream.session = kNobody;
      }
    }
  }

  void free_unclaimed() {
    for (uint32_t i = 1; i < request_is_claimed_.size(); ++i)
      if (!request_is_claimed_[i]) store_.table<Request>()[i].in_use = 0;
    for (uint32_t i = 1; i < login_is_claimed_.size(); ++i) {
      if (login_is_claimed_[i] || store_.table<Login>()[i].in_use == 0) continue;
      store_.table<Login>()[i].in_use = 0;
      store_.slot().miners[i - 1].write({});
    }
    store_.table<Request>().rebuild();
    store_.table<Login>().rebuild();
    store_.table<Session>().rebuild();
    store_.table<Upstream>().rebuild();
  }

  // A death changes no sum, so this finds something only after a broken record.
  void settle_in_flight() {
    uint64_t in_flight = 0;
    for (uint32_t i = 1; i < request_is_claimed_.size(); ++i) {
      if (!request_is_claimed_[i]) continue;
      const Request& request = store_.table<Request>()[i];
      if (request.kind == shm::RequestKind::kSubmit && !request.has_expired) ++in_flight;
    }
    if (store_.slot().shares.own().in_flight == in_flight) return;
    shm::Transaction tx(store_);
    tx.begin();
    shm::ShareBlock& shares = tx.shares();
    if (shares.in_flight > in_flight) shares.unanswered += shares.in_flight - in_flight;
    if (shares.in_flight < in_flight) shares.submitted += in_flight - shares.in_flight;
    shares.in_flight = in_flight;
    tx.commit();
  }

  // What two engines died of, or what belongs to a broken record, is not handled again.
  void leave_unread_alone() {
    const auto is_it = [this](const Connection& one) {
      return one.kind == result_.unread_of.kind && one.index == result_.unread_of.index;
    };
    if (std::any_of(result_.poison.begin(), result_.poison.end(), is_it) ||
        std::any_of(result_.broken.begin(), result_.broken.end(), is_it))
      result_.unread = {};
  }

  shm::Store& store_;
  const std::function<void()>& beat_;
  std::vector<bool> request_is_claimed_;
  std::vector<bool> login_is_claimed_;
  shm::ConnectionName poison_;
  Recovered result_;
};

}  // namespace

Recovered recover(shm::Store& store, std::span<const int> listeners, std::span<const int> kept,
                  bool death_counts, const std::function<void()>& beat) {
  return Recovery(store, beat).run(listeners, kept, death_counts);
}

uint32_t forget_public_rows(shm::Slot& slot) {
  const uint32_t dropped = slot.engine.sessions.exchange(0, std::memory_order_relaxed);
  const uint32_t used =
      std::min(slot.engine.miner_rows_used.load(std::memory_order_relaxed), shm::kMinerRowsMax);
  for (uint32_t row = 0; row < used; ++row) slot.miners[row].write({});
  slot.engine.miner_rows_used.store(0, std::memory_order_relaxed);
  return dropped;
}

}  // namespace loka::worker
