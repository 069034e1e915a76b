#include "supervisor/loop.h"

#include <utility>

#include <uv.h>

#include "common/base/check.h"
#include "supervisor/clock.h"

namespace loka::supervisor {

struct Loop::Uv {
  uv_loop_t loop;
};

// The one way a handle ends: nothing is called any more, and its memory goes when libuv lets go.
template <class Handle>
static void close_handle(Handle* handle) {
  handle->callback = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&handle->uv),
           [](uv_handle_t* closed) { delete static_cast<Handle*>(closed->data); });
}

// Runs a copy of the callback: the original goes if the callback destroys its owner.
template <class Handle, class... Arguments>
static void call(Handle* handle, Arguments... arguments) {
  const auto callback = handle->callback;
  if (callback) callback(arguments...);
}

Loop::Loop() : uv_(std::make_unique<Uv>()) { CHECK(uv_loop_init(&uv_->loop) == 0); }

Loop::~Loop() {
  uv_run(&uv_->loop, UV_RUN_NOWAIT);  // lets the closed handles go
  CHECK(uv_loop_close(&uv_->loop) == 0);
}

void Loop::run() { uv_run(&uv_->loop, UV_RUN_DEFAULT); }
void Loop::stop() { uv_stop(&uv_->loop); }

struct Timer::Handle {
  uv_timer_t uv;
  Callback callback;
};

Timer::Timer(Loop& loop, Callback callback) : handle_(new Handle{{}, std::move(callback)}) {
  CHECK(uv_timer_init(&loop.uv_->loop, &handle_->uv) == 0);
  handle_->uv.data = handle_;
}

Timer::~Timer() { close_handle(handle_); }

void Timer::start(Duration first, Duration repeat) {
  const auto fire = [](uv_timer_t* timer) {
    call(static_cast<Handle*>(timer->data), monotonic_now());
  };
  CHECK(uv_timer_start(&handle_->uv, fire, static_cast<uint64_t>(first.ms()),
                       static_cast<uint64_t>(repeat.ms())) == 0);
}

void Timer::stop() { uv_timer_stop(&handle_->uv); }

struct SignalWatch::Handle {
  uv_signal_t uv;
  Callback callback;
};

SignalWatch::SignalWatch(Loop& loop, int signal_number, Callback callback)
    : handle_(new Handle{{}, std::move(callback)}) {
  CHECK(uv_signal_init(&loop.uv_->loop, &handle_->uv) == 0);
  handle_->uv.data = handle_;
  const auto fire = [](uv_signal_t* signal, int) {
    call(static_cast<Handle*>(signal->data), monotonic_now());
  };
  CHECK(uv_signal_start(&handle_->uv, fire, signal_number) == 0);
}

SignalWatch::~SignalWatch() { close_handle(handle_); }

struct PollWatch::Handle {
  uv_poll_t uv;
  Callback callback;
};

PollWatch::PollWatch(Loop& loop, int descriptor, Callback callback)
    : handle_(new Handle{{}, std::move(callback)}) {
  CHECK(uv_poll_init(&loop.uv_->loop, &handle_->uv, descriptor) == 0);
  handle_->uv.data = handle_;
}

PollWatch::~PollWatch() { close_handle(handle_); }

void PollWatch::want(bool reading, bool writing) {
  const int events = (reading ? UV_READABLE : 0) | (writing ? UV_WRITABLE : 0);
  if (events == 0) {
    uv_poll_stop(&handle_->uv);
    return;
  }
  const auto fire = [](uv_poll_t* poll, int status, int ready) {
    const bool is_broken = status < 0;
    call(static_cast<Handle*>(poll->data), is_broken || (ready & UV_READABLE) != 0,
         is_broken || (ready & UV_WRITABLE) != 0, monotonic_now());
  };
  CHECK(uv_poll_start(&handle_->uv, events, fire) == 0);
}

}  // namespace loka::supervisor
