#include "worker/net/watcher.h"

#include <array>

#include <sys/epoll.h>
#include <unistd.h>

#include "common/base/check.h"

namespace loka::net {
namespace {

constexpr int kEventsPerBatch = 256;

}  // namespace

struct Watcher::Watch {
  int descriptor = -1;
  uint32_t kind = 0;
  uint32_t index = 0;
  uint32_t events = 0;  // in the set; 0: not there
  bool is_forgotten = false;
};

Watcher::Watcher(uv_loop_t* loop, void* owner, OnReady on_ready)
    : set_(::epoll_create1(EPOLL_CLOEXEC)), owner_(owner), on_ready_(on_ready) {
  CHECK(set_ >= 0);
  CHECK(uv_poll_init(loop, &poll_, set_) == 0);
  poll_.data = this;
  CHECK(uv_poll_start(&poll_, UV_READABLE, on_poll) == 0);
}

Watcher::~Watcher() { ::close(set_); }

Watcher::Watch* Watcher::watch(int descriptor, uint32_t kind, uint32_t index) {
  if (spare_.empty()) {
    all_.push_back(std::make_unique<Watch>());
    spare_.push_back(all_.back().get());
  }
  Watch* const watch = spare_.back();
  spare_.pop_back();
  *watch = {descriptor, kind, index, 0, false};
  return watch;
}

bool Watcher::arm(Watch& watch, bool reading, bool writing) {
  uint32_t events = (reading ? uint32_t{EPOLLIN} : 0U) | (writing ? uint32_t{EPOLLOUT} : 0U);
  if (events == 0) events = EPOLLRDHUP;
  if (watch.is_forgotten || watch.events == events) return true;
  epoll_event event{};
  event.events = events;
  event.data.ptr = &watch;
  const int operation = watch.events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (::epoll_ctl(set_, operation, watch.descriptor, &event) != 0) return false;
  watch.events = events;
  return true;
}

void Watcher::disarm(Watch& watch) {
  if (watch.events == 0) return;
  // Taken out: a set reports errors and hang-ups of everything in it, wanted or not.
  ::epoll_ctl(set_, EPOLL_CTL_DEL, watch.descriptor, nullptr);
  watch.events = 0;
}

void Watcher::forget(Watch* watch) {
  disarm(*watch);
  watch->is_forgotten = true;
  forgotten_.push_back(watch);
}

void Watcher::on_poll(uv_poll_t* handle, int, int) {
  static_cast<Watcher*>(handle->data)->dispatch();
}

void Watcher::dispatch() {
  std::array<epoll_event, kEventsPerBatch> events;
  const int count = ::epoll_wait(set_, events.data(), kEventsPerBatch, 0);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<size_t>(i)];
    auto& watch = *static_cast<Watch*>(event.data.ptr);
    if (watch.is_forgotten) continue;
    Readiness readiness;
    if ((event.events & (EPOLLERR | EPOLLHUP)) != 0) {
      disarm(watch);  // whoever wants to hear more of it arms it again
      readiness = {true, true, true};
    } else {
      readiness.readable = (event.events & EPOLLIN) != 0;
      readiness.writable = (event.events & EPOLLOUT) != 0;
      readiness.hung_up = (event.events & EPOLLRDHUP) != 0;
      // Level-triggered: reported once, or a half-closed peer that we do not read would spin us.
      if (watch.events == EPOLLRDHUP) disarm(watch);
    }
    on_ready_(owner_, watch.kind, watch.index, readiness);
  }
  spare_.insert(spare_.end(), forgotten_.begin(), forgotten_.end());
  forgotten_.clear();
}

}  // namespace loka::net
