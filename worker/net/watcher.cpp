#include "worker/net/watcher.h"

namespace loka::net {

class Watcher::Watch {
 public:
  uv_poll_t handle{};
  Watcher* watcher = nullptr;
  uint32_t kind = 0;
  uint32_t index = 0;
  int events = 0;
  bool is_forgotten = false;
};

Watcher::Watcher(uv_loop_t* loop, void* owner, OnReady on_ready)
    : loop_(loop), owner_(owner), on_ready_(on_ready) {}

Watcher::~Watcher() = default;

Watcher::Watch* Watcher::watch(int descriptor, uint32_t kind, uint32_t index) {
  if (spare_.empty()) {
    all_.push_back(std::make_unique<Watch>());
    spare_.push_back(all_.back().get());
  }
  Watch* const watch = spare_.back();
  if (uv_poll_init(loop_, &watch->handle, descriptor) != 0) return nullptr;
  spare_.pop_back();
  watch->handle.data = watch;
  watch->watcher = this;
  watch->kind = kind;
  watch->index = index;
  watch->events = 0;
  watch->is_forgotten = false;
  return watch;
}

void Watcher::arm(Watch& watch, bool reading, bool writing) {
  int events = (reading ? UV_READABLE : 0) | (writing ? UV_WRITABLE : 0);
  if (events == 0) events = UV_DISCONNECT;
  if (watch.is_forgotten || watch.events == events) return;
  watch.events = events;
  uv_poll_start(&watch.handle, events, on_poll);
}

void Watcher::disarm(Watch& watch) {
  if (watch.is_forgotten || watch.events == 0) return;
  watch.events = 0;
  uv_poll_stop(&watch.handle);
}

void Watcher::forget(Watch* watch) {
  watch->is_forgotten = true;
  uv_close(reinterpret_cast<uv_handle_t*>(&watch->handle), on_closed);
}

void Watcher::on_poll(uv_poll_t* handle, int status, int events) {
  auto* const watch = static_cast<Watch*>(handle->data);
  if (watch->is_forgotten) return;
  Readiness readiness;
  if (status < 0) {  // libuv stopped watching: the connection is broken
    watch->events = 0;
    readiness = {true, true, true};
  } else {
    readiness.readable = (events & UV_READABLE) != 0;
    readiness.writable = (events & UV_WRITABLE) != 0;
    readiness.hung_up = (events & UV_DISCONNECT) != 0;
    // Level-triggered: reported once, or a half-closed peer that we do not read would spin us.
    if (watch->events == UV_DISCONNECT) watch->watcher->disarm(*watch);
  }
  watch->watcher->on_ready_(watch->watcher->owner_, watch->kind, watch->index, readiness);
}

void Watcher::on_closed(uv_handle_t* handle) {
  auto* const watch = static_cast<Watch*>(handle->data);
  watch->watcher->spare_.push_back(watch);
}

}  // namespace loka::net
