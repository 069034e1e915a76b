#include "tools/sim/pool_server.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <sys/epoll.h>
#include <unistd.h>

#include "common/base/check.h"
#include "tools/sim/clock.h"
#include "tools/sim/shards.h"
#include "tools/sim/sockets.h"

namespace loka::sim {

namespace {

// What epoll reports beside the numbers of connections.
constexpr uint64_t kListener = ~uint64_t{0};
constexpr uint64_t kStop = kListener - 1;

constexpr size_t kEventsMax = 256;
constexpr size_t kAcceptsPerTurn = 256;
// A new job goes to so many connections between two looks at the sockets: thousands at once would
// delay the answers to shares and be taken for slowness of whatever is measured.
constexpr size_t kAnnouncedPerTurn = 64;
constexpr Duration kFlushInterval = Duration::milliseconds(100);

void watch(int epoll, int operation, int descriptor, uint32_t events, uint64_t name) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = name;
  CHECK(::epoll_ctl(epoll, operation, descriptor, &event) == 0);
}

Times times_now() { return {now(), unix_time()}; }

}  // namespace

PoolServer::PoolServer(int listener, const PoolOptions& options, size_t shard, PoolTotals& totals,
                       ShareLog& log)
    : listener_(listener),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      stop_signal_(open_stop_signal()),
      options_(options),
      totals_(totals),
      log_(log),
      times_(times_now()),
      pool_(options, shard, times_, totals, log),
      parser_(LineStream::kLineBytesMax),
      scratch_(LineStream::kLineBytesMax),
      next_job_(times_.now + options.job_interval),
      next_flush_(times_.now + kFlushInterval) {
  CHECK(epoll_ >= 0);
  watch(epoll_, EPOLL_CTL_ADD, listener_, EPOLLIN, kListener);
  watch(epoll_, EPOLL_CTL_ADD, stop_signal_, EPOLLIN, kStop);
}

PoolServer::~PoolServer() {
  ::close(listener_);
  ::close(epoll_);
  ::close(stop_signal_);
}

int PoolServer::run() {
  std::array<epoll_event, kEventsMax> events;
  bool is_stopping = false;
  while (!is_stopping) {
    const int count = ::epoll_wait(epoll_, events.data(), kEventsMax, wait_ms());
    CHECK(count >= 0 || errno == EINTR);
    times_ = times_now();
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<size_t>(i)];
      if (event.data.u64 == kStop)
        is_stopping = true;
      else if (event.data.u64 == kListener)
        accept_all();
      else
        serve(event.data.u64, event.events);
    }
    run_timers();
  }
  if (log_.is_open() && !log_.flush()) ++totals_.ledger_failures;
  return 0;
}

void PoolServer::accept_all() {
  for (size_t i = 0; i < kAcceptsPerTurn; ++i) {
    const int descriptor = accept_from(listener_);
    if (descriptor < 0) {
      // Without descriptors the listener stays readable; looking away keeps the loop from spinning.
      if (errno == EMFILE || errno == ENFILE) pause_accepting(true);
      return;
    }
    LineStream stream(descriptor);
    auto extranonce1 = pool_.take_extranonce1();
    if (!extranonce1) continue;  // closes it: two miners may not share one
    size_t slot = connections_.size();
    if (free_slots_.empty()) {
      connections_.emplace_back();
    } else {
      slot = free_slots_.back();
      free_slots_.pop_back();
    }
    Connection& connection = connections_[slot];
    connection.stream = std::move(stream);
    connection.session = std::make_unique<PoolSession>(std::move(*extranonce1));
    connection.waits_to_write = connection.has_ended = false;
    connection.late_answers = 0;
    ++connection.generation;
    ++totals_.connections;
    totals_.connected_max = std::max(totals_.connected_max, ++totals_.connections_open);
    watch(epoll_, EPOLL_CTL_ADD, descriptor, EPOLLIN, slot);
  }
}

void PoolServer::pause_accepting(bool paused) {
  if (is_accepting_ == !paused) return;
  is_accepting_ = !paused;
  watch(epoll_, EPOLL_CTL_MOD, listener_, paused ? 0U : uint32_t{EPOLLIN}, kListener);
}

void PoolServer::serve(size_t slot, uint32_t events) {
  Connection& connection = connections_[slot];
  if (!connection.stream.is_open()) return;  // closed earlier in this turn
  if (connection.has_ended && (events & (EPOLLHUP | EPOLLERR)) != 0) return close(slot);
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && !read_lines(connection, slot)) {
    flush(slot);  // what was asked before the end is answered
    if (connection.late_answers == 0 || !connection.stream.is_open()) return close(slot);
    connection.has_ended = true;
    watch(epoll_, EPOLL_CTL_MOD, connection.stream.descriptor(), 0, slot);
    return;
  }
  flush(slot);
}

// False when the connection has come to its end.
bool PoolServer::read_lines(Connection& connection, size_t slot) {
  const auto state = connection.stream.read(scratch_, [&](std::string_view line) {
    const bool goes_on = connection.session->handle(line, parser_, pool_, times_,
                                                    {connection.stream.output(), submit_answers_});
    if (!submit_answers_.empty()) send_answers(connection, slot);
    return goes_on;
  });
  if (log_.is_flush_due() && !log_.flush()) ++totals_.ledger_failures;
  return state == LineStream::State::kOpen;
}

void PoolServer::send_answers(Connection& connection, size_t slot) {
  if (options_.answer_delay > Duration()) {
    late_answers_.push_back({times_.now + options_.answer_delay, slot, connection.generation,
                             std::move(submit_answers_)});
    ++connection.late_answers;
  } else {
    connection.stream.output() += submit_answers_;
    ++totals_.answers;
  }
  submit_answers_.clear();
}

void PoolServer::flush(size_t slot) {
  Connection& connection = connections_[slot];
  if (!connection.stream.is_open()) return;
  if (!connection.stream.flush()) return close(slot);
  if (connection.waits_to_write == connection.stream.has_output()) return;
  connection.waits_to_write = connection.stream.has_output();
  const uint32_t reading = connection.has_ended ? 0U : uint32_t{EPOLLIN};
  const uint32_t writing = connection.waits_to_write ? uint32_t{EPOLLOUT} : 0U;
  watch(epoll_, EPOLL_CTL_MOD, connection.stream.descriptor(), reading | writing, slot);
}

void PoolServer::close(size_t slot) {
  Connection& connection = connections_[slot];
  if (!connection.stream.is_open()) return;
  pool_.give_back_extranonce1(connection.session->extranonce1());
  connection.stream.close();
  connection.session.reset();
  free_slots_.push_back(slot);
  --totals_.connections_open;
  pause_accepting(false);
}

void PoolServer::run_timers() {
  if (times_.now >= next_job_) {
    pool_.make_job(times_);
    announced_ = 0;
    next_job_ = std::max(next_job_ + options_.job_interval, times_.now);
  }
  announce_slice();
  send_late_answers();
  if (times_.now >= next_flush_) {
    if (log_.is_open() && !log_.flush()) ++totals_.ledger_failures;
    next_flush_ = times_.now + kFlushInterval;
  }
}

void PoolServer::announce_slice() {
  const size_t end = std::min(announced_ + kAnnouncedPerTurn, connections_.size());
  for (; announced_ < end; ++announced_) {
    Connection& connection = connections_[announced_];
    if (!connection.stream.is_open()) continue;
    connection.session->catch_up(pool_, connection.stream.output());
    flush(announced_);
  }
}

void PoolServer::send_late_answers() {
  while (!late_answers_.empty() && late_answers_.front().due <= times_.now) {
    const LateAnswer answer = std::move(late_answers_.front());
    late_answers_.pop_front();
    Connection& connection = connections_[answer.slot];
    if (connection.generation != answer.generation || !connection.stream.is_open()) continue;
    connection.stream.output() += answer.text;
    ++totals_.answers;
    --connection.late_answers;
    flush(answer.slot);
    if (connection.has_ended && connection.late_answers == 0) close(answer.slot);
  }
}

int PoolServer::wait_ms() const {
  if (announced_ < connections_.size()) return 0;
  Instant next = next_job_;
  if (log_.is_open()) next = std::min(next, next_flush_);
  if (!late_answers_.empty()) next = std::min(next, late_answers_.front().due);
  const int64_t ns = std::max<int64_t>(0, (next - now()).ns());
  return static_cast<int>(std::min<int64_t>((ns + 999'999) / 1'000'000, 60'000));
}

}  // namespace loka::sim
