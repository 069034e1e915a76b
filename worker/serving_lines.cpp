// Serving, inwards: from a readable socket to one commit per line.
#include <algorithm>
#include <cstring>

#include "common/stratum/line_reader.h"
#include "worker/net/socket_io.h"
#include "worker/serving.h"
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

void Serving::on_socket_ready(void* self, uint32_t kind, uint32_t index, net::Readiness readiness) {
  auto& serving = *static_cast<Serving*>(self);
  const Key key{static_cast<RecordKind>(kind), index};
  if (key.kind == RecordKind::kUpstream &&
      serving.store_.table<Upstream>()[index].state == UpstreamState::kConnecting) {
    serving.on_connected(index);
  } else if (readiness.readable && serving.may_read(key)) {
    serving.read(key);
  } else if (readiness.readable && readiness.hung_up) {
    serving.note_break(key);
  } else if (readiness.readable) {
    serving.touch(key);  // no room for it any more: no longer armed for it
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
  shm::Scratch& scratch = store_.shard().scratch();
  scratch.length = 0;
  scratch.owner = {static_cast<uint32_t>(key.kind), key.index, generation_of(key), 0, in.end};
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
  bytes.copy(join_.get() + kept, bytes.size());  // which, unlike memcpy, may be of nothing at all
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

// Broken while there is no room for what it said before: that is read when there is, within the
// time that a miner who sent its FIN has.
void Serving::note_break(Key key) {
  port(key).is_broken = true;
  if (key.kind == RecordKind::kSession) {
    tx_.begin();
    drain_session(tx_, key.index, turn());
    commit();
  }
  touch(key);
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

}  // namespace loka::worker
