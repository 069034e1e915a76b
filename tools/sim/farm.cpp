#include "tools/sim/farm.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <sys/epoll.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/base/check.h"
#include "tools/sim/clock.h"
#include "tools/sim/shards.h"

namespace loka::sim {

namespace {

constexpr uint64_t kStop = ~uint64_t{0};
constexpr size_t kEventsMax = 256;

constexpr Duration kDrainMax = Duration::seconds(10);
constexpr Duration kConnectMax = Duration::seconds(10);
constexpr Duration kAnswersAfterFinMax = Duration::seconds(10);
constexpr Duration kRetryFirst = Duration::milliseconds(200);
constexpr Duration kRetryMax = Duration::seconds(5);
constexpr Duration kCheckInterval = Duration::milliseconds(500);

// So many hashes between two looks at the sockets, about 1 ms: a hard difficulty may not make
// answers wait for the search.
constexpr size_t kHashesPerTurn = 8192;
// After a pause the farm catches up with at most so much of its rate at once.
constexpr double kBurstSeconds = 1.0;

double share_of(double whole, const FarmOptions& options) {
  return whole / static_cast<double>(options.shards);
}

std::string login_of(const FarmOptions& options, size_t number) {
  return options.user + ".sim" + std::to_string(number);
}

}  // namespace

Farm::Farm(const FarmOptions& options, const Address& target, size_t shard, FarmTotals& totals)
    : options_(options),
      target_(target),
      totals_(totals),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      stop_signal_(open_stop_signal()),
      rate_(share_of(options.rate, options)),
      ramp_(share_of(options.ramp, options)),
      parser_(LineStream::kLineBytesMax),
      scratch_(LineStream::kLineBytesMax),
      random_(options.seed * 64 + shard) {
  CHECK(epoll_ >= 0);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kStop;
  CHECK(::epoll_ctl(epoll_, EPOLL_CTL_ADD, stop_signal_, &event) == 0);
  for (size_t i = shard; i < options.miners; i += options.shards) {
    Place& place = places_.emplace_back();
    place.miner = std::make_unique<Miner>(options, login_of(options, i + 1), random_.next());
  }
  totals_.miners = places_.size();
}

Farm::~Farm() {
  ::close(epoll_);
  ::close(stop_signal_);
}

int Farm::run() {
  now_ = last_turn_ = sim::now();
  end_at_ = options_.duration > Duration() ? now_ + options_.duration : Instant::never();
  connects_due_ = 1;  // the first at once: it tells whether anybody is there
  while (!is_stopping_) turn();
  for (size_t i = 0; i < places_.size(); ++i) end(i, false);
  if (totals_.connect_errno != 0) return EX_UNAVAILABLE;
  return totals_.is_clean() ? 0 : 1;
}

void Farm::turn() {
  std::array<epoll_event, kEventsMax> events;
  const int count = ::epoll_wait(epoll_, events.data(), kEventsMax, wait_ms());
  CHECK(count >= 0 || errno == EINTR);
  now_ = sim::now();
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<size_t>(i)];
    if (event.data.u64 == kStop) {
      take_stop_signal(stop_signal_);
      is_stopping_ = is_ending_;
      end_at_ = now_;
    } else {
      serve(event.data.u64, event.events);
    }
  }
  if (!is_ending_ && now_ >= end_at_) {
    is_ending_ = true;
    drain_until_ = now_ + kDrainMax;
  }
  if (is_ending_) {
    if (open_submits_ == 0 || now_ >= drain_until_) is_stopping_ = true;
  } else {
    const double elapsed = (now_ - last_turn_).s();
    connects_due_ = std::min(connects_due_ + elapsed * ramp_, std::max(1.0, ramp_));
    submits_due_ =
        std::min(submits_due_ + elapsed * rate_now(), std::max(1.0, rate_ * kBurstSeconds));
    connect_due();
    submit_due();
  }
  last_turn_ = now_;
  check_deadlines();
}

int Farm::wait_ms() const {
  Instant next = std::min({now_ + kCheckInterval, end_at_, drain_until_});
  if (!is_ending_) {
    const auto in = [this](double seconds) {  // at most a second, so that no rate overflows
      return now_ + Duration::nanoseconds(static_cast<int64_t>(std::min(seconds, 1.0) * 1e9));
    };
    if (never_connected_ < places_.size()) next = std::min(next, in((1 - connects_due_) / ramp_));
    if (!retries_.empty()) next = std::min(next, retries_.top().first);
    if (rate_now() > 0) next = std::min(next, in((1 - submits_due_) / rate_now()));
    if (!idle_.empty()) return 0;
  }
  const int64_t ns = std::max<int64_t>(0, (next - sim::now()).ns());
  return static_cast<int>((ns + 999'999) / 1'000'000);
}

// ---- connections ------------------------------------------------------------------------------

void Farm::connect_due() {
  for (; connects_due_ >= 1 && never_connected_ < places_.size(); connects_due_ -= 1)
    connect(never_connected_++);
  while (!retries_.empty() && retries_.top().first <= now_) {
    const size_t index = retries_.top().second;
    retries_.pop();
    ++totals_.reconnects;
    connect(index);
  }
}

void Farm::connect(size_t index) {
  Place& place = places_[index];
  const int descriptor = connect_to(target_, index * options_.shards);
  if (descriptor < 0) return connect_failed(index, errno);
  place.stream = LineStream(descriptor);
  place.state = State::kConnecting;
  place.deadline = now_ + kConnectMax;
  place.waits_to_write = true;
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT;
  event.data.u64 = index;
  CHECK(::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) == 0);
}

void Farm::connected(size_t index) {
  Place& place = places_[index];
  place.state = State::kConnected;
  place.deadline = Instant::never();
  place.failures = 0;
  ++totals_.connections;
  totals_.connected_max = std::max(totals_.connected_max, ++totals_.connected);
  place.miner->begin(place.stream.output());
}

void Farm::connect_failed(size_t index, int error) {
  Place& place = places_[index];
  place.stream.close();
  place.state = State::kWaiting;
  place.deadline = Instant::never();
  ++totals_.connect_failures;
  if (totals_.connections == 0) {
    // Nobody was ever there: most likely a wrong address, and waiting would hide that.
    totals_.connect_errno = error;
    is_stopping_ = true;
    return;
  }
  ++place.failures;
  retry_later(index,
              std::min(kRetryMax, kRetryFirst * (int64_t{1} << std::min(place.failures, 5))));
}

void Farm::retry_later(size_t index, Duration pause) {
  Place& place = places_[index];
  place.state = options_.reconnects ? State::kWaiting : State::kGone;
  if (!options_.reconnects || is_ending_) return;
  const auto jitter = static_cast<int64_t>(static_cast<double>(pause.ns()) * random_.fraction());
  retries_.emplace(now_ + pause / 2 + Duration::nanoseconds(jitter / 2), index);
}

void Farm::serve(size_t index, uint32_t events) {
  Place& place = places_[index];
  if (!place.stream.is_open()) return;  // closed earlier in this turn
  if (place.state == State::kConnecting) {
    if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) == 0) return;
    if (const int error = connect_error(place.stream.descriptor()); error != 0)
      return connect_failed(index, error);
    connected(index);
  }
  if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0 && !read_lines(index)) return lose(index);
  flush(index);
}

// False when the connection has come to its end.
bool Farm::read_lines(size_t index) {
  Place& place = places_[index];
  Miner& miner = *place.miner;
  const size_t open_before = miner.open_submits();
  const auto state = place.stream.read(scratch_, [&](std::string_view line) {
    const auto event = miner.handle(line, parser_, sim::now(), totals_, place.stream.output());
    if (options_.is_closed_loop && event != Miner::Event::kNothing && miner.open_submits() == 0)
      idle_.push_back(index);
    return true;
  });
  note_answers(open_before - miner.open_submits());
  if (place.state == State::kConnected) set_ready(index, miner.is_ready());
  return state == LineStream::State::kOpen;
}

void Farm::flush(size_t index) {
  Place& place = places_[index];
  if (!place.stream.flush()) return lose(index);
  if (place.waits_to_write == place.stream.has_output()) return;
  place.waits_to_write = place.stream.has_output();
  epoll_event event{};
  event.events = place.waits_to_write ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.u64 = index;
  CHECK(::epoll_ctl(epoll_, EPOLL_CTL_MOD, place.stream.descriptor(), &event) == 0);
}

void Farm::end(size_t index, bool is_abandoning) {
  Place& place = places_[index];
  if (!place.stream.is_open()) return;
  place.stream.close();
  set_ready(index, false);
  if (place.state == State::kConnecting) return;
  --totals_.connected;
  const size_t open = place.miner->end(totals_);
  open_submits_ -= open;
  (is_abandoning ? totals_.abandoned : totals_.lost) += open;
}

// The peer ended the connection, or was asked to by our FIN.
void Farm::lose(size_t index) {
  Place& place = places_[index];
  const bool is_ours = place.state == State::kFinSent;
  end(index, false);
  ++(is_ours ? totals_.connections_ended : totals_.connections_lost);
  place.deadline = Instant::never();
  retry_later(index, kRetryFirst);
}

void Farm::check_deadlines() {
  if (now_ < next_check_) return;
  next_check_ = now_ + kCheckInterval;
  for (size_t i = 0; i < places_.size(); ++i) {
    if (places_[i].deadline > now_) continue;
    if (places_[i].state == State::kConnecting)
      connect_failed(i, ETIMEDOUT);
    else
      lose(i);
  }
}

// ---- submits ------------------------------------------------------------------------------------

// Every miner has its part of the rate, so that a few do not bear all of it while the others
// connect.
double Farm::rate_now() const {
  return rate_ * static_cast<double>(ready_.size()) / static_cast<double>(places_.size());
}

void Farm::set_ready(size_t index, bool is_ready) {
  Place& place = places_[index];
  if ((place.ready_at != kNotReady) == is_ready || options_.is_idle) return;
  if (is_ready) {
    place.ready_at = ready_.size();
    ready_.push_back(index);
    return;
  }
  const size_t moved = ready_.back();
  ready_[place.ready_at] = moved;
  places_[moved].ready_at = place.ready_at;
  ready_.pop_back();
  place.ready_at = kNotReady;
}

void Farm::submit_due() {
  size_t hashes = kHashesPerTurn;
  if (options_.is_closed_loop) {
    for (size_t n = idle_.size(); n > 0 && hashes > 0; --n) {
      const size_t index = idle_.front();
      idle_.pop_front();
      const Place& place = places_[index];
      const bool is_free = place.ready_at != kNotReady && place.miner->open_submits() == 0;
      if (is_free && !submit_of(index, hashes))
        idle_.push_front(index);  // out of hashes; it goes on in the next turn
    }
    return;
  }
  for (size_t n = ready_.size(); submits_due_ >= 1 && n > 0 && hashes > 0; --n) {
    if (ready_.empty()) return;
    if (turn_of_ >= ready_.size()) turn_of_ = 0;
    const size_t index = ready_[turn_of_];
    if (places_[index].miner->can_submit()) {
      if (!submit_of(index, hashes)) return;  // the same goes on in the next turn
      submits_due_ -= 1;
    }
    ++turn_of_;
  }
}

// False when the hashes ran out before a share was found.
bool Farm::submit_of(size_t index, size_t& hashes) {
  Place& place = places_[index];
  if (!place.miner->search(hashes)) return false;
  const Instant sent = sim::now();
  if (open_submits_ == 0) gap_start_ = sent;
  place.miner->submit(sent, totals_, place.stream.output());
  ++open_submits_;
  flush(index);
  if (place.state == State::kConnected) maybe_leave(index);
  return true;
}

// Some miners go right after a submit; what they had said counts all the same.
void Farm::maybe_leave(size_t index) {
  Place& place = places_[index];
  if (options_.fin_fraction + options_.rst_fraction <= 0) return;
  const double draw = random_.fraction();
  if (draw < options_.rst_fraction) {
    place.stream.reset_on_close();
    end(index, true);
    ++totals_.connections_ended;
    retry_later(index, kRetryFirst);
  } else if (draw < options_.rst_fraction + options_.fin_fraction && !place.stream.has_output()) {
    place.stream.shut_down_sending();
    place.state = State::kFinSent;
    place.deadline = now_ + kAnswersAfterFinMax;
    set_ready(index, false);
  }
}

void Farm::note_answers(size_t count) {
  if (count == 0) return;
  open_submits_ -= count;
  totals_.longest_gap = std::max(totals_.longest_gap, now_ - gap_start_);
  gap_start_ = now_;
}

}  // namespace loka::sim
