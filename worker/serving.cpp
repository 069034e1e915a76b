#include "worker/serving.h"

#include <algorithm>
#include <cstring>

#include "common/base/log.h"
#include "common/stratum/line_reader.h"
#include "worker/net/socket_io.h"
#include "worker/pool_positions.h"
#include "worker/session/miner_line.h"
#include "worker/session/session.h"
#include "worker/upstream/pool_line.h"

namespace loka::worker {

using shm::Counter;
using shm::Gate;
using shm::kNobody;
using shm::RecordKind;
using shm::Session;
using shm::SessionState;
using shm::Upstream;
using shm::UpstreamState;

namespace {

// A rewritten line grows by an id and a login at most.
constexpr size_t kLineBufferBytes = stratum::kPoolLineBytesMax + 4096;
constexpr size_t kJoinBufferBytes = 2 * (stratum::kPoolLineBytesMax + shm::kScratchBytes);

}  // namespace

Serving::Serving(uv_loop_t* loop, shm::Store& store, const shm::PublicSegment& segment,
                 std::span<const int> listeners, uint64_t random_seed)
    : store_(store),
      segment_(segment),
      tx_(store),
      miner_parser_(stratum::kMinerLineBytesMax),
      pool_parser_(stratum::kPoolLineBytesMax),
      line_(std::make_unique<char[]>(kLineBufferBytes)),
      join_(std::make_unique<char[]>(kJoinBufferBytes)),
      resolver_(loop),
      watcher_(loop, this, on_socket_ready),
      listener_watcher_(loop, this, on_listener_ready),
      listeners_(listeners.begin(), listeners.end()),
      session_ports_(store.shard().table<Session>().size()),
      upstream_ports_(store.shard().table<Upstream>().size()),
      random_(random_seed | 1U) {
  dirty_.reserve(1024);
}

Serving::~Serving() = default;

Instant Serving::now() {
  if (!now_is_fresh_) {
    now_ = Instant::from_ns(static_cast<int64_t>(uv_hrtime()));
    now_is_fresh_ = true;
  }
  return now_;
}

Turn Serving::turn() {
  random_ ^= random_ << 13;  // xorshift: jitter, not secrets
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  return Turn{config_,       now(),        store_.slot().counters,          store_.slot().pools,
              miner_parser_, pool_parser_, {line_.get(), kLineBufferBytes}, random_};
}

Serving::Port& Serving::port(Key key) {
  return key.kind == RecordKind::kSession ? session_ports_[key.index] : upstream_ports_[key.index];
}

// ---- bytes in ---------------------------------------------------------------------------------

void Serving::on_socket_ready(void* self, uint32_t kind, uint32_t index, net::Readiness readiness) {
  auto& serving = *static_cast<Serving*>(self);
  const Key key{static_cast<RecordKind>(kind), index};
  if (key.kind == RecordKind::kUpstream &&
      serving.store_.table<Upstream>()[index].state == UpstreamState::kConnecting) {
    serving.on_connected(index);
  } else if (readiness.readable && serving.may_read(key)) {
    serving.read(key);
  } else if (readiness.readable && readiness.hung_up) {
    serving.end_of_stream(key, true);  // broken, and nothing that it said can be handled now
  }
  // A hang-up alone changes nothing: what came before it is read when there is room, then its end.
  if (readiness.writable) serving.touch(key);
  serving.follow_all();
}

void Serving::read(Key key) {
  const bool is_session = key.kind == RecordKind::kSession;
  const Port& at = port(key);
  if (at.watch == nullptr) return;
  const shm::PagedBytes& in =
      is_session ? store_.table<Session>()[key.index].in : store_.table<Upstream>()[key.index].in;
  const uint32_t generation = is_session ? store_.table<Session>()[key.index].generation
                                         : store_.table<Upstream>()[key.index].generation;
  shm::Scratch& scratch = store_.shard().scratch();
  scratch.length = 0;
  scratch.owner = {static_cast<uint32_t>(key.kind), key.index, generation, 0, in.end};
  const net::Io io = net::read_some(at.socket.descriptor, scratch.bytes,
                                    is_session ? kMinerReadBytes : kPoolReadBytes);
  scratch.length = io.bytes;
  switch (io.status) {
    case net::IoStatus::kDone:
      pump(key, {scratch.bytes, io.bytes});
      break;
    case net::IoStatus::kWouldBlock:
      break;
    case net::IoStatus::kEnd:
      end_of_stream(key, false);
      break;
    case net::IoStatus::kBroken:
      end_of_stream(key, true);
      break;
  }
}

void Serving::pump(Key key, std::string_view bytes) {
  if (key.kind == RecordKind::kSession) {
    pump_session(key.index, bytes);
  } else {
    pump_upstream(key.index, bytes);
  }
  store_.shard().header().in_hand = {};
}

std::string_view Serving::join(const shm::PagedBytes& waiting, std::string_view bytes) {
  if (waiting.is_idle()) return bytes;
  const size_t kept = waiting.waiting();
  CHECK(kept + bytes.size() <= kJoinBufferBytes);
  store_.pages().copy(waiting, join_.get());
  std::memcpy(join_.get() + kept, bytes.data(), bytes.size());
  return {join_.get(), kept + bytes.size()};
}

// At once, not with the next tick: it decides whether this engine's death was a fruitful one.
void Serving::count_line_served() {
  auto& served = store_.slot().engine.lines_served;
  served.store(served.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

void Serving::hold_in_hand(Key key, uint32_t generation, uint64_t offset) {
  store_.shard().header().in_hand = {static_cast<uint32_t>(key.kind), key.index, generation, 0,
                                     offset};
}

void Serving::pump_session(uint32_t index, std::string_view bytes) {
  const Key key{RecordKind::kSession, index};
  const Session& session = store_.table<Session>()[index];
  const Turn turn_now = turn();
  const std::string_view data = join(session.in, bytes);
  port(key).has_whole_line = false;
  if (!session.has_spoken && session.in.position == 0 && is_foreign_protocol(data)) {
    close_alone(RecordKind::kSession, index, Counter::kSessionsForeign);
    return;
  }
  stratum::LineReader reader({}, data, {}, stratum::kMinerLineBytesMax);
  size_t handled = 0;
  stratum::LineReader::Found found;
  while ((found = reader.next()) == stratum::LineReader::Found::kLine) {
    LineOutcome outcome = LineOutcome::kDeferred;
    if (may_read_session(session)) {
      hold_in_hand(key, session.generation, session.in.position);
      tx_.begin();
      outcome = handle_miner_line(tx_, index, reader.line(), turn_now);
      Session& copy = tx_.edit<Session>(index);
      if (copy.in_use != 0 && outcome == LineOutcome::kHandled)
        tx_.advance(copy.in, reader.consumed() - handled);
      commit();
      if (session.in_use == 0 || session.state == SessionState::kClosing) return;
    } else {
      count_refusal_to_read(session);
    }
    if (outcome == LineOutcome::kDeferred) {
      port(key).has_whole_line = true;
      keep_rest(key, 0, data.substr(handled));
      return;
    }
    turn_now.counters.add(Counter::kMinerLines);
    count_line_served();
    handled = reader.consumed();
  }
  if (found == stratum::LineReader::Found::kTooLong) {
    close_alone(RecordKind::kSession, index, Counter::kSessionsLineTooLong);
    return;
  }
  keep_rest(key, reader.consumed() - handled, data.substr(reader.consumed()));
}

void Serving::pump_upstream(uint32_t index, std::string_view bytes) {
  const Key key{RecordKind::kUpstream, index};
  const Upstream& upstream = store_.table<Upstream>()[index];
  const Turn turn_now = turn();
  const std::string_view data = join(upstream.in, bytes);
  port(key).has_whole_line = false;
  stratum::LineReader reader({}, data, {}, stratum::kPoolLineBytesMax);
  size_t handled = 0;
  stratum::LineReader::Found found;
  while ((found = reader.next()) == stratum::LineReader::Found::kLine) {
    if (!may_read_upstream(upstream)) {
      turn_now.counters.add(Counter::kQueueFull);
      port(key).has_whole_line = true;
      keep_rest(key, 0, data.substr(handled));
      return;
    }
    hold_in_hand(key, upstream.generation, upstream.in.position);
    tx_.begin();
    handle_pool_line(tx_, index, reader.line(), turn_now);
    Upstream& copy = tx_.edit<Upstream>(index);
    if (copy.in_use != 0) tx_.advance(copy.in, reader.consumed() - handled);
    commit();
    if (upstream.in_use == 0) return;
    turn_now.counters.add(Counter::kPoolLines);
    count_line_served();
    handled = reader.consumed();
  }
  if (found == stratum::LineReader::Found::kTooLong) {
    turn_now.counters.add(Counter::kPoolLineTooLong);
    lose_pool(index, Loss::kMisbehaved);
    return;
  }
  keep_rest(key, reader.consumed() - handled, data.substr(reader.consumed()));
}

// Leaves out `skipped` bytes of blank lines; what no line has used goes to pages of the
// connection's own, so that scratch is free for the next.
void Serving::keep_rest(Key key, size_t skipped, std::string_view rest) {
  const bool is_session = key.kind == RecordKind::kSession;
  const uint64_t kept = is_session ? store_.table<Session>()[key.index].in.waiting()
                                   : store_.table<Upstream>()[key.index].in.waiting();
  if (skipped == 0 && rest.size() == kept) return;
  tx_.begin();
  shm::PagedBytes& in =
      is_session ? tx_.edit<Session>(key.index).in : tx_.edit<Upstream>(key.index).in;
  tx_.advance(in, skipped);
  if (tx_.append(in, rest.substr(in.waiting()))) {
    commit();
    return;
  }
  const Turn turn_now = turn();
  if (is_session) {
    close_session(tx_, key.index, Counter::kPagesExhausted, turn_now);
  } else {
    on_pool_lost(tx_, key.index, Loss::kNoRoom, turn_now);
  }
  commit();
}

void Serving::end_of_stream(Key key, bool is_broken) {
  if (key.kind == RecordKind::kUpstream) {
    lose_pool(key.index, Loss::kClosed);
    return;
  }
  const Session& session = store_.table<Session>()[key.index];
  if (session.in_use == 0) return;
  const Turn turn_now = turn();
  tx_.begin();
  if (is_broken || port(key).is_broken) {
    close_session(tx_, key.index, Counter::kSessionsLeft, turn_now);
  } else {
    drain_session(tx_, key.index, turn_now);
  }
  commit();
}

// ---- after a commit ---------------------------------------------------------------------------

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
      count_authorized(port({touched.kind, touched.index}), authorized);
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
  if (session.state == SessionState::kClosing || session.gate != Gate::kOpen) return false;
  if (session.upstream == kNobody) return true;
  const Upstream& upstream = store_.shard().table<Upstream>()[session.upstream];
  return upstream.open_requests < kOpenRequestsMax &&
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
  store_.slot().counters.add(upstream.open_requests >= kOpenRequestsMax
                                 ? Counter::kRequestsExhausted
                                 : Counter::kQueueFull);
}

void Serving::watch_port(Key key, const shm::SocketName& socket) {
  Port& at = port(key);
  at.socket = socket;
  at.is_broken = false;
  at.watch = watcher_.watch(socket.descriptor, static_cast<uint32_t>(key.kind), key.index);
  if (at.watch == nullptr)
    log_error("worker", "a socket could not be watched", {{"descriptor", socket.descriptor}});
}

// The record is free already, so that no crash can leave a record that names a closed socket.
void Serving::release_port(Key key) {
  Port& at = port(key);
  if (at.watch != nullptr) {
    watcher_.forget(at.watch);
    if (key.kind == RecordKind::kSession) --sessions_;
  }
  net::close_socket(at.socket);
  count_pool(at, shm::kNoPool, false);
  count_authorized(at, false);
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
      if (stalled_ns == 0) {
        stalled_ns = now().ns();
        at.deadline_ns = std::min(at.deadline_ns, stalled_ns + kStallMax.ns());
      }
    } else {
      at.is_broken = true;
    }
    return;
  }
}

void Serving::follow_session(uint32_t index) {
  const Key key{RecordKind::kSession, index};
  Port& at = port(key);
  Session& session = store_.table<Session>()[index];
  if (session.in_use == 0) return;
  if (at.watch == nullptr) {
    watch_port(key, session.socket);
    if (at.watch == nullptr) {
      close_alone(RecordKind::kSession, index, Counter::kAcceptErrors);
      return;
    }
    ++sessions_;
  }
  at.deadline_ns = session.deadline_ns;
  const bool was_full = session.out.waiting() > kMinerQueueBytesMax / 2;
  flush(key, session.out, session.stalled_ns);
  if (at.is_broken && !session.out.is_idle()) {
    tx_.begin();
    tx_.drop(tx_.edit<Session>(index).out);
    commit();
  }
  const bool may_read = may_read_session(session);
  if (may_read && at.has_whole_line) {
    pump(key, {});
    touch(key);
    return;
  }
  if (session.state != SessionState::kOpen && !at.has_whole_line) {
    tx_.begin();
    close_if_done(tx_, index, turn());
    if (!tx_.touched().empty()) commit();
    if (session.in_use == 0) return;
  }
  const bool reads = (may_read && session.state == SessionState::kOpen) || at.is_broken;
  if (reads || !session.out.is_idle() || session.state == SessionState::kOpen) {
    watcher_.arm(*at.watch, reads, !session.out.is_idle());
  } else {
    watcher_.disarm(*at.watch);  // after its FIN there is nothing to hear from it
  }
  if (was_full && session.upstream != kNobody)
    rearm_upstream(session.upstream);  // there may be room for its lines now
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
  if (at.watch == nullptr) {
    watch_port(key, upstream.socket);
    if (at.watch == nullptr) {
      lose_pool(index, Loss::kNoRoom);
      return;
    }
  }
  count_pool(at, upstream.pool, upstream.has_served && upstream.state == UpstreamState::kOpen);
  if (upstream.state == UpstreamState::kConnecting) {
    watcher_.arm(*at.watch, false, true);
    return;
  }
  const bool was_full = upstream.out.waiting() > kPoolQueueBytesMax / 2;
  flush(key, upstream.out, upstream.stalled_ns);
  if (may_read_upstream(upstream) && at.has_whole_line) {
    pump(key, {});
    touch(key);
    return;
  }
  rearm_upstream(index);
  if (was_full && upstream.out.waiting() <= kPoolQueueBytesMax / 2 && upstream.session != kNobody)
    touch({RecordKind::kSession, upstream.session});
}

void Serving::rearm_upstream(uint32_t index) {
  const Key key{RecordKind::kUpstream, index};
  const Port& at = port(key);
  const Upstream& upstream = store_.table<Upstream>()[index];
  if (at.watch == nullptr || upstream.state == UpstreamState::kConnecting) return;
  const bool may_read = may_read_upstream(upstream);
  if (may_read && at.has_whole_line) {
    touch(key);
    return;
  }
  watcher_.arm(*at.watch, may_read || at.is_broken, !upstream.out.is_idle() && !at.is_broken);
}

// ---- pool connections -------------------------------------------------------------------------

void Serving::connect(uint32_t index) {
  const Upstream& upstream = store_.table<Upstream>()[index];
  if (upstream.pool >= config_.pools.size()) {  // the configuration has fewer pools now
    lose_pool(index, Loss::kConnectFailed);
    return;
  }
  const config::Pool& pool = config_.pools[upstream.pool];
  SocketAddress address;
  const uint32_t turn_of_name =
      store_.slot().pools[upstream.pool].failures_in_row.load(std::memory_order_relaxed);
  switch (resolver_.address(pool.address, turn_of_name, now(), address)) {
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
  if (!socket) {
    lose_pool(index, Loss::kConnectFailed);
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

void Serving::count_authorized(Port& at, bool is_authorized) {
  if (at.counted_authorized == is_authorized) return;
  at.counted_authorized = is_authorized;
  is_authorized ? ++authorized_ : --authorized_;
}

void Serving::count_pool(Port& at, uint16_t pool, bool serves) {
  if (pool >= shm::kPoolsMax) pool = shm::kNoPool;
  if (at.counted_pool == pool && at.counted_serving == serves) return;
  if (at.counted_pool != shm::kNoPool) {
    --pool_connections_[at.counted_pool];
    if (at.counted_serving) --pool_serving_[at.counted_pool];
  }
  if (pool != shm::kNoPool) {
    ++pool_connections_[pool];
    if (serves) ++pool_serving_[pool];
  }
  at.counted_pool = pool;
  at.counted_serving = serves;
}

// ---- recovery's hand-over ---------------------------------------------------------------------

void Serving::attach(RecordKind kind, uint32_t index) {
  const Key key{kind, index};
  touch(key);
  if (kind == RecordKind::kSession) {
    tx_.begin();
    count_authorized(port(key), is_authorized(tx_, store_.table<Session>()[index]));
  }
  port(key).has_whole_line = true;  // a gate may have opened with the commit that was finished
}

void Serving::resume_with(RecordKind kind, uint32_t index, std::string_view bytes) {
  follow_all();
  pump({kind, index}, bytes);
  follow_all();
}

void Serving::dial_again(uint32_t index) {
  const shm::SocketName dialled = store_.table<Upstream>()[index].socket;
  tx_.begin();
  Upstream& upstream = tx_.edit<Upstream>(index);
  upstream.state = UpstreamState::kWanted;
  upstream.socket = {};
  upstream.step_ns = 0;
  commit();
  net::close_socket(dialled);
}

void Serving::close_alone(RecordKind kind, uint32_t index, Counter reason) {
  if (kind == RecordKind::kUpstream) {
    const uint32_t session = store_.table<Upstream>()[index].session;
    lose_pool(index, Loss::kMisbehaved);
    if (session == kNobody) return;
    index = session;
  }
  if (store_.table<Session>()[index].in_use == 0) return;
  tx_.begin();
  close_session(tx_, index, reason, turn());
  commit();
}

void Serving::adopt(const shm::SocketName& socket, const SocketAddress& peer) {
  const Turn turn_now = turn();
  tx_.begin();
  const uint32_t index = open_session(tx_, socket, peer, turn_now);
  if (index == kNobody) {
    turn_now.counters.add(Counter::kConnectionsRefused);
    net::close_socket(socket);
    return;
  }
  turn_now.counters.add(Counter::kConnectionsAccepted);
  commit();
}

// ---- listeners --------------------------------------------------------------------------------

void Serving::start_accepting() {
  is_accepting_ = true;
  for (size_t i = listener_watches_.size(); i < listeners_.size(); ++i)
    listener_watches_.push_back(
        listener_watcher_.watch(listeners_[i], 0, static_cast<uint32_t>(i)));
  for (net::Watcher::Watch* watch : listener_watches_)
    if (watch != nullptr) listener_watcher_.arm(*watch, true, false);
}

void Serving::stop_accepting() {
  is_accepting_ = false;
  for (net::Watcher::Watch* watch : listener_watches_)
    if (watch != nullptr) listener_watcher_.disarm(*watch);
}

void Serving::on_listener_ready(void* self, uint32_t, uint32_t index, net::Readiness) {
  auto& serving = *static_cast<Serving*>(self);
  serving.accept(serving.listeners_[index]);
  serving.follow_all();
}

bool Serving::is_at_limit() const {
  if (connections_max_ == 0) return false;
  uint64_t open = 0;
  for (uint32_t slot = 1; slot <= segment_.slot_count(); ++slot)
    open += segment_.slot(slot).engine.sessions.load(std::memory_order_relaxed);
  return open >= connections_max_;
}

void Serving::accept(int listener) {
  for (int i = 0; i < kAcceptsPerWake; ++i) {
    const auto accepted = net::accept_one(listener);
    if (!accepted) {
      if (accepted.error() != EAGAIN && accepted.error() != ECONNABORTED &&
          accepted.error() != EINTR) {
        // Out of descriptors or memory: the queue keeps the miner until there is room again.
        store_.slot().counters.add(Counter::kAcceptErrors);
        stop_accepting();
        accept_again_ = now() + kAcceptPause;
      }
      return;
    }
    if (is_at_limit()) {
      store_.slot().counters.add(Counter::kConnectionsRefused);
      net::close_socket(accepted->socket);
      continue;
    }
    adopt(accepted->socket, accepted->peer);
    store_.slot().engine.sessions.store(sessions_ + 1, std::memory_order_relaxed);
    follow_all();
  }
}

// ---- time -------------------------------------------------------------------------------------

void Serving::run_deadlines() {
  const int64_t now_ns = now().ns();
  for (uint32_t index = 1; index <= store_.table<Session>().used(); ++index) {
    const Port& at = session_ports_[index];
    if (at.deadline_ns == 0 || at.deadline_ns > now_ns) continue;
    if (store_.table<Session>()[index].in_use == 0) continue;
    tx_.begin();
    on_session_deadline(tx_, index, turn());
    commit();
  }
  for (uint32_t index = 1; index <= store_.table<Upstream>().used(); ++index) {
    const Port& at = upstream_ports_[index];
    if (at.deadline_ns == 0 || at.deadline_ns > now_ns) continue;
    const Upstream& upstream = store_.table<Upstream>()[index];
    if (upstream.in_use == 0) continue;
    if (upstream.state == UpstreamState::kWanted) {
      touch({RecordKind::kUpstream, index});
      continue;
    }
    tx_.begin();
    on_upstream_deadline(tx_, index, turn());
    commit();
  }
}

void Serving::on_tick() {
  if (!is_accepting_ && accept_again_ != Instant() && now() >= accept_again_) {
    accept_again_ = Instant();
    start_accepting();
  }
  run_deadlines();
  follow_all();
  publish_gauges();
}

void Serving::publish_gauges() {
  shm::EngineLine& line = store_.slot().engine;
  line.sessions.store(sessions_, std::memory_order_relaxed);
  line.authorized.store(authorized_, std::memory_order_relaxed);
  line.pages_in_use.store(store_.pages().in_use(), std::memory_order_relaxed);
  for (size_t pool = 0; pool < shm::kPoolsMax; ++pool) {
    store_.slot().pools[pool].connections.store(pool_connections_[pool], std::memory_order_relaxed);
    store_.slot().pools[pool].serving.store(pool_serving_[pool], std::memory_order_relaxed);
  }
}

bool Serving::is_drained() const {
  if (store_.slot().shares.own().in_flight > 0) return false;
  for (uint32_t index = 1; index < session_ports_.size(); ++index) {
    if (session_ports_[index].deadline_ns == 0) continue;
    if (!store_.shard().table<Session>()[index].out.is_idle()) return false;
  }
  return true;
}

// ---- configuration ----------------------------------------------------------------------------

void Serving::use(config::Config config) {
  place_pools(tx_, config);
  connections_max_ = config.limiter.connections;
  config_ = std::move(config);
}

}  // namespace loka::worker
