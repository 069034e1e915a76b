// Which sockets the loop looks at, and for what: one epoll set of our own under a single uv_poll
// handle. libuv's own handle per socket costs four system calls to make and 200 bytes to keep, and
// an engine that takes over thousands of sockets pays that at the worst moment
// (docs/decisions/0010-one-epoll-set-of-our-own.md).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <uv.h>

namespace loka::net {

// What became ready. A broken connection is readable and writable: the calls then tell why.
struct Readiness {
  bool readable = false;
  bool writable = false;
  bool hung_up = false;  // the peer has shut its side, or the connection is broken
};

class Watcher {
 public:
  // One watched descriptor; its address is stable until forget().
  struct Watch;
  // kind and index are handed back; they mean nothing here.
  using OnReady = void (*)(void* owner, uint32_t kind, uint32_t index, Readiness readiness);

  // owner is passed to on_ready; loop and owner outlive the watcher, which lasts as long as the
  // process: its handle is never closed.
  Watcher(uv_loop_t* loop, void* owner, OnReady on_ready);
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  // The descriptor stays the caller's, who calls forget() before closing it.
  [[nodiscard]] Watch* watch(int descriptor, uint32_t kind, uint32_t index);

  // What to wait for from now on; with neither, only a hang-up is reported, once. False if the
  // kernel cannot watch it.
  bool arm(Watch& watch, bool reading, bool writing);
  // Not even a hang-up any more.
  void disarm(Watch& watch);
  void forget(Watch* watch);

 private:
  static void on_poll(uv_poll_t* handle, int status, int events);
  void dispatch();

  int set_;  // the epoll set
  uv_poll_t poll_{};
  void* owner_;
  OnReady on_ready_;
  std::vector<std::unique_ptr<Watch>> all_;
  std::vector<Watch*> spare_;
  std::vector<Watch*> forgotten_;  // the batch at hand may still name them
};

}  // namespace loka::net
