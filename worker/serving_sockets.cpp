// Serving, outwards: after a commit the sockets follow the records.
#include <algorithm>
#include <cerrno>
#include <string>

#include "worker/net/socket_io.h"
#include "worker/serving.h"
#include "worker/session/session.h"

namespace loka::worker {

using shm::Counter;
using shm::Gate;
using shm::kNobody;
using shm::RecordKind;
using shm::Session;
using shm::SessionState;
using shm::Upstream;
using shm::UpstreamState;

void Serving::commit() {
  for (const auto& touched : tx_.touched()) {
    if (touched.kind == RecordKind::kMinerRow) {
      // Before the row is there to be read.
      auto& used = store_.slot().engine.miner_rows_used;
      if (touched.index > used.load(std::memory_order_relaxed))
        used.store(touched.index, std::memory_order_relaxed);
    } else if (touched.kind == RecordKind::kSession) {
      Session& session = tx_.edit<Session>(touched.index);
      const bool authorized = session.in_use != 0 && is_authorized(tx_, session);
      set_deadline(session, authorized);
      gauges_.count_session(port({touched.kind, touched.index}).counted, session.in_use != 0,
                            authorized);
    } else if (touched.kind == RecordKind::kUpstream) {
      set_deadline(tx_, tx_.edit<Upstream>(touched.index));
    }
  }
  tx_.commit();
  for (const auto& touched : tx_.touched()) {
    if (touched.kind != RecordKind::kSession && touched.kind != RecordKind::kUpstream) continue;
    const Key key{touched.kind, touched.index};
    if (is_free(key)) {
      release_port(key);  // at once: the next commit may give the place to somebody else
    } else {
      touch(key);
    }
  }
}

uint32_t Serving::generation_of(Key key) const {
  return key.kind == RecordKind::kSession ? store_.shard().table<Session>()[key.index].generation
                                          : store_.shard().table<Upstream>()[key.index].generation;
}

bool Serving::is_free(Key key) const {
  return key.kind == RecordKind::kSession ? store_.shard().table<Session>()[key.index].in_use == 0
                                          : store_.shard().table<Upstream>()[key.index].in_use == 0;
}

void Serving::touch(Key key) {
  Port& at = port(key);
  if (at.is_dirty) return;
  at.is_dirty = true;
  dirty_.push_back(key);
}

void Serving::follow_all() {
  // Following one may touch others; each step leaves less to do.
  for (size_t i = 0; i < dirty_.size(); ++i) {
    const Key key = dirty_[i];
    port(key).is_dirty = false;
    if (key.kind == RecordKind::kSession) {
      follow_session(key.index);
    } else {
      follow_upstream(key.index);
    }
  }
  dirty_.clear();
}

bool Serving::may_read(Key key) const {
  return key.kind == RecordKind::kSession
             ? may_read_session(store_.shard().table<Session>()[key.index])
             : may_read_upstream(store_.shard().table<Upstream>()[key.index]);
}

bool Serving::may_read_session(const Session& session) const {
  if (is_stopping_ || session.state == SessionState::kClosing || session.gate != Gate::kOpen)
    return false;
  if (session.upstream == kNobody) return true;
  const Upstream& upstream = store_.shard().table<Upstream>()[session.upstream];
  return upstream.open_requests < upstream.expired_requests + kOpenRequestsMax &&
         upstream.out.waiting() <= kPoolQueueBytesMax / 2;
}

bool Serving::may_read_upstream(const Upstream& upstream) const {
  if (upstream.state == UpstreamState::kWanted || upstream.state == UpstreamState::kConnecting)
    return false;
  if (upstream.session == kNobody) return true;
  return store_.shard().table<Session>()[upstream.session].out.waiting() <= kMinerQueueBytesMax / 2;
}

// A gate that is closed is the handshake's normal course; the other reasons are limits.
void Serving::count_refusal_to_read(const Session& session) {
  if (session.gate != Gate::kOpen || session.upstream == kNobody) return;
  const Upstream& upstream = store_.table<Upstream>()[session.upstream];
  store_.slot().counters.add(upstream.open_requests >= upstream.expired_requests + kOpenRequestsMax
                                 ? Counter::kRequestsExhausted
                                 : Counter::kQueueFull);
}

// A socket that the kernel cannot watch (fs.epoll.max_user_watches) would be silent for ever.
void Serving::arm(Key key, bool reading, bool writing) {
  if (watcher_.arm(*port(key).watch, reading, writing)) return;
  if (key.kind == RecordKind::kSession) {
    close_alone(RecordKind::kSession, key.index, Counter::kAcceptErrors);
  } else {
    lose_pool(key.index, Loss::kNoRoom);
  }
}

void Serving::watch_port(Key key, const shm::SocketName& socket) {
  Port& at = port(key);
  at.socket = socket;
  at.is_broken = false;
  at.watch = watcher_.watch(socket.descriptor, static_cast<uint32_t>(key.kind), key.index);
}

// The record is free already, so that no crash can leave a record that names a closed socket.
void Serving::release_port(Key key) {
  Port& at = port(key);
  if (at.watch != nullptr) watcher_.forget(at.watch);
  // A connection that recovery closes was never watched: then the freed record tells its socket.
  const bool is_session = key.kind == RecordKind::kSession;
  net::close_socket(at.socket.is_open() ? at.socket
                    : is_session        ? store_.shard().table<Session>()[key.index].socket
                                        : store_.shard().table<Upstream>()[key.index].socket);
  gauges_.count_pool(at.counted, shm::kNoPool, false);
  gauges_.count_session(at.counted, false, false);
  const bool is_dirty = at.is_dirty;
  at = Port{};
  at.is_dirty = is_dirty;
}

void Serving::flush(Key key, shm::PagedBytes& out, int64_t& stalled_ns) {
  Port& at = port(key);
  while (!out.is_idle() && at.watch != nullptr && !at.is_broken) {
    std::array<std::string_view, 16> pieces;
    const size_t count = store_.pages().pieces(out, pieces);
    const net::Io io = net::write_some(at.socket.descriptor, {pieces.data(), count});
    if (io.status == net::IoStatus::kDone) {
      // One aligned store: the kernel has them, so they are written, commit or not.
      out.position += io.bytes;
      if (out.is_idle()) store_.pages().give_all(out);
      stalled_ns = 0;
      continue;
    }
    if (io.status == net::IoStatus::kWouldBlock) {
      if (stalled_ns == 0) stalled_ns = now().ns();
      at.deadline_ns = std::min(at.deadline_ns, stalled_ns + kStallMax.ns());
    } else {
      at.is_broken = true;
    }
    return;
  }
}

// The other side of a connection may have room again, or a request less to wait for.
void Serving::wake(Key key) {
  const Port& at = port(key);
  if (!at.is_reading && !at.is_dirty && may_read(key)) touch(key);
}

void Serving::follow_session(uint32_t index) {
  const Key key{RecordKind::kSession, index};
  Port& at = port(key);
  Session& session = store_.table<Session>()[index];
  if (session.in_use == 0) return;
  if (at.watch == nullptr) watch_port(key, session.socket);
  at.deadline_ns = session.deadline_ns;
  flush(key, session.out, session.stalled_ns);
  if (at.is_broken && !session.out.is_idle()) {
    tx_.begin();
    tx_.drop(tx_.edit<Session>(index).out);
    commit();
  }
  if (session.upstream != kNobody) wake({RecordKind::kUpstream, session.upstream});
  const bool may_read = may_read_session(session);
  if (may_read && at.has_whole_line) {
    pump(key, {});
    touch(key);
    return;
  }
  const bool has_said_all = !at.has_whole_line || session.state == SessionState::kClosing;
  if (session.state != SessionState::kOpen && has_said_all && !at.is_broken) {
    tx_.begin();
    close_if_done(tx_, index, turn());
    if (!tx_.touched().empty()) commit();
    if (session.in_use == 0) return;
  }
  // After its FIN there is nothing to read from a miner, unless it broke with bytes unread.
  at.is_reading = may_read && (session.state == SessionState::kOpen || at.is_broken);
  const bool is_over = at.is_broken || session.state != SessionState::kOpen;
  if (!at.is_reading && is_over && session.out.is_idle()) {
    watcher_.disarm(*at.watch);
  } else {
    arm(key, at.is_reading, !session.out.is_idle());
  }
}

void Serving::follow_upstream(uint32_t index) {
  const Key key{RecordKind::kUpstream, index};
  Port& at = port(key);
  Upstream& upstream = store_.table<Upstream>()[index];
  if (upstream.in_use == 0) return;
  at.deadline_ns = upstream.deadline_ns;
  if (upstream.state == UpstreamState::kWanted) {
    if (now().ns() >= upstream.not_before_ns) connect(index);
    return;
  }
  if (at.watch == nullptr) watch_port(key, upstream.socket);
  gauges_.count_pool(at.counted, upstream.pool,
                     upstream.has_served && upstream.state == UpstreamState::kOpen);
  if (upstream.state == UpstreamState::kConnecting) {
    arm(key, false, true);
    return;
  }
  flush(key, upstream.out, upstream.stalled_ns);
  if (upstream.session != kNobody) wake({RecordKind::kSession, upstream.session});
  const bool may_read = may_read_upstream(upstream);
  if (may_read && at.has_whole_line) {
    pump(key, {});
    touch(key);
    return;
  }
  at.is_reading = may_read;
  if (!may_read && at.is_broken) {
    watcher_.disarm(*at.watch);
  } else {
    arm(key, may_read, !upstream.out.is_idle() && !at.is_broken);
  }
}

void Serving::connect(uint32_t index) {
  const Upstream& upstream = store_.table<Upstream>()[index];
  if (upstream.pool >= config_.pools.size()) {  // the configuration has fewer pools now
    lose_pool(index, Loss::kConnectFailed);
    return;
  }
  const config::Pool& pool = config_.pools[upstream.pool];
  const config::Endpoint endpoint =
      upstream.redirect_host.empty()
          ? pool.address
          : config::Endpoint{std::string(upstream.redirect_host.view()), upstream.redirect_port};
  SocketAddress address;
  const uint32_t turn_of_name =
      store_.slot().pools[upstream.pool].failures_in_row.load(std::memory_order_relaxed);
  switch (resolver_.address(endpoint, turn_of_name, now(), address)) {
    case net::Resolver::Answer::kKnown:
      break;
    case net::Resolver::Answer::kFailed:
      lose_pool(index, Loss::kConnectFailed);
      return;
    case net::Resolver::Answer::kPending:
      if (now().ns() >= upstream.not_before_ns + kPoolStepTimeout.ns())
        lose_pool(index, Loss::kStepTimeout);
      return;  // looked at again with every tick
  }
  store_.slot().counters.add(Counter::kPoolConnects);
  const auto socket = net::open_socket(address);
  if (!socket) {  // for want of descriptors or memory: no fault of the pool's
    lose_pool(index, Loss::kNoRoom);
    return;
  }
  tx_.begin();
  Upstream& copy = tx_.edit<Upstream>(index);
  copy.socket = *socket;
  copy.state = UpstreamState::kConnecting;
  copy.step_ns = now().ns();
  commit();
  port({RecordKind::kUpstream, index}).socket = *socket;
  const int outcome = net::begin_connect(socket->descriptor, address);
  if (outcome != 0 && outcome != EINPROGRESS) lose_pool(index, Loss::kConnectFailed);
}

void Serving::on_connected(uint32_t index) {
  const Port& at = port({RecordKind::kUpstream, index});
  if (net::connect_outcome(at.socket.descriptor) != 0) {
    lose_pool(index, Loss::kConnectFailed);
    return;
  }
  tx_.begin();
  on_pool_opened(tx_, index, turn());
  commit();
}

void Serving::lose_pool(uint32_t index, Loss loss) {
  tx_.begin();
  on_pool_lost(tx_, index, loss, turn());
  commit();
}

}  // namespace loka::worker
