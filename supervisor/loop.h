// The supervisor's loop: the four kinds of libuv handles that it needs, each closed through one
// class. Callbacks get the turn's time. A handle belongs to one object, which is neither copied nor
// moved and must be destroyed before its Loop; destroying it inside its own callback is allowed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "common/base/time.h"

namespace loka::supervisor {

class Loop {
 public:
  Loop();
  ~Loop();  // CHECKs that every handle was destroyed
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Until stop().
  void run();
  void stop();

 private:
  friend class Timer;
  friend class SignalWatch;
  friend class PollWatch;
  struct Uv;
  std::unique_ptr<Uv> uv_;
};

// Calls once after `first`, then every `repeat`; zero: once only.
class Timer {
 public:
  using Callback = std::function<void(Instant now)>;
  Timer(Loop& loop, Callback callback);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void start(Duration first, Duration repeat);
  void stop();

 private:
  struct Handle;
  Handle* handle_;  // freed by libuv's close callback
};

class SignalWatch {
 public:
  using Callback = std::function<void(Instant now)>;
  SignalWatch(Loop& loop, int signal_number, Callback callback);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  struct Handle;
  Handle* handle_;
};

// Watches a descriptor that stays its caller's and must be open as long as this object lives.
class PollWatch {
 public:
  // An error or hang-up shows as readable and writable, whichever was asked for.
  using Callback = std::function<void(bool is_readable, bool is_writable, Instant now)>;
  PollWatch(Loop& loop, int descriptor, Callback callback);
  ~PollWatch();
  PollWatch(const PollWatch&) = delete;
  PollWatch& operator=(const PollWatch&) = delete;

  void want(bool reading, bool writing);

 private:
  struct Handle;
  Handle* handle_;
};

}  // namespace loka::supervisor
