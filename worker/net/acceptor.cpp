#include "worker/net/acceptor.h"

#include <cerrno>

namespace loka::net {

using shm::Counter;

Acceptor::Acceptor(uv_loop_t* loop, std::span<const int> listeners, shm::Counters& counters,
                   Owner& owner)
    : listeners_(listeners.begin(), listeners.end()),
      counters_(counters),
      owner_(owner),
      watcher_(loop, this, on_ready) {}

void Acceptor::start() {
  is_wanted_ = true;
  for (size_t i = watches_.size(); i < listeners_.size(); ++i)
    watches_.push_back(watcher_.watch(listeners_[i], 0, static_cast<uint32_t>(i)));
  arm();
}

void Acceptor::stop() {
  is_wanted_ = false;
  arm();
}

void Acceptor::arm() {
  for (Watcher::Watch* watch : watches_) {
    if (is_wanted_ && !is_paused_) {
      watcher_.arm(*watch, true, false);
    } else {
      watcher_.disarm(*watch);
    }
  }
}

void Acceptor::on_tick(Instant now) {
  ticked_ = now;
  if (!is_paused_ || now < again_) return;
  is_paused_ = false;
  arm();
}

void Acceptor::on_ready(void* self, uint32_t, uint32_t index, Readiness) {
  auto& acceptor = *static_cast<Acceptor*>(self);
  acceptor.take_from(acceptor.listeners_[index]);
  acceptor.owner_.on_accepts_done();
}

void Acceptor::take_from(int listener) {
  for (int i = 0; i < kAcceptsPerWake; ++i) {
    const auto accepted = accept_one(listener);
    if (accepted) {
      if (owner_.is_at_limit()) {
        counters_.add(Counter::kConnectionsRefused);
        close_socket(accepted->socket);
      } else {
        owner_.on_accepted(*accepted);
      }
      continue;
    }
    const int error = accepted.error();
    if (error == ECONNABORTED || error == EINTR) continue;
    if (error != EAGAIN) {
      counters_.add(Counter::kAcceptErrors);
      is_paused_ = true;
      again_ = ticked_ + kAcceptPause;
      arm();
    }
    return;
  }
}

}  // namespace loka::net
