#include "worker/serving.h"

#include <algorithm>

#include "worker/clock.h"
#include "worker/net/socket_io.h"
#include "worker/pool_positions.h"
#include "worker/session/session.h"

namespace loka::worker {

using shm::Counter;
using shm::kNobody;
using shm::RecordKind;
using shm::Session;
using shm::Upstream;
using shm::UpstreamState;

namespace {

// A rewritten line grows by an id and a login at most.
constexpr size_t kLineBufferBytes = stratum::kPoolLineBytesMax + 4096;

}  // namespace

Serving::Serving(uv_loop_s* loop, shm::Store& store, const shm::PublicSegment& segment,
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
      acceptor_(loop, listeners, store.slot().counters, *this),
      session_ports_(store.shard().table<Session>().size()),
      upstream_ports_(store.shard().table<Upstream>().size()),
      random_(random_seed | 1U) {
  dirty_.reserve(1024);
}

Serving::~Serving() = default;

Instant Serving::now() {
  if (!now_is_fresh_) {
    now_ = monotonic_now();
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

// ---- recovery's hand-over ---------------------------------------------------------------------

void Serving::attach(RecordKind kind, uint32_t index) {
  const Key key{kind, index};
  touch(key);
  if (kind == RecordKind::kSession) {
    tx_.begin();
    gauges_.count_session(port(key).counted, true,
                          is_authorized(tx_, store_.table<Session>()[index]));
  }
  port(key).has_whole_line = true;  // a gate may have opened with the commit that was finished
}

void Serving::resume_with(RecordKind kind, uint32_t index, uint32_t generation,
                          std::string_view bytes) {
  follow_all();
  const Key key{kind, index};
  if (is_free(key) || generation_of(key) != generation) return;
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
  if (is_free({kind, index})) return;
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

// ---- accepts ----------------------------------------------------------------------------------

bool Serving::is_at_limit() const {
  if (connections_max_ == 0) return false;
  uint64_t open = 0;
  for (uint32_t slot = 1; slot <= segment_.slot_count(); ++slot)
    open += segment_.slot(slot).engine.sessions.load(std::memory_order_relaxed);
  return open >= connections_max_;
}

void Serving::on_accepted(const net::Accepted& accepted) {
  adopt(accepted.socket, accepted.peer);
  // At once: the other engines count it against the limit.
  store_.slot().engine.sessions.store(gauges_.sessions(), std::memory_order_relaxed);
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
  acceptor_.on_tick(now());
  run_deadlines();
  follow_all();
  publish_gauges();
}

void Serving::publish_gauges() {
  gauges_.publish(store_.slot());
  store_.slot().engine.pages_in_use.store(store_.pages().in_use(), std::memory_order_relaxed);
}

void Serving::stop_taking() {
  acceptor_.stop();
  is_stopping_ = true;
  for (uint32_t index = 1; index <= store_.table<Session>().used(); ++index)
    if (store_.table<Session>().holds(index)) touch({RecordKind::kSession, index});
  follow_all();
}

bool Serving::is_drained() const {
  if (store_.slot().shares.own().in_flight > 0) return false;
  const auto sessions = store_.shard().table<Session>();
  for (uint32_t index = 1; index <= store_.table<Session>().used(); ++index)
    if (sessions[index].in_use != 0 && !sessions[index].out.is_idle()) return false;
  return true;
}

// ---- configuration ----------------------------------------------------------------------------

void Serving::use(config::Config config) {
  place_pools(tx_, config);
  connections_max_ = config.limiter.connections;
  config_ = std::move(config);
}

}  // namespace loka::worker
