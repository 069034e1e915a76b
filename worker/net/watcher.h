// Which sockets the loop looks at, and for what: one uv_poll handle each. A libuv handle is closed
// and freed here and nowhere else.
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
  class Watch;
  // kind and index are handed back; they mean nothing here.
  using OnReady = void (*)(void* owner, uint32_t kind, uint32_t index, Readiness readiness);

  // owner is passed to on_ready; loop and owner outlive the watcher.
  Watcher(uv_loop_t* loop, void* owner, OnReady on_ready);
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  // The descriptor stays the caller's, who calls forget() before closing it. nullptr if libuv
  // cannot watch it.
  [[nodiscard]] Watch* watch(int descriptor, uint32_t kind, uint32_t index);

  // What to wait for from now on; with neither, only a hang-up is reported, once.
  void arm(Watch& watch, bool reading, bool writing);
  // Not even a hang-up any more.
  void disarm(Watch& watch);
  void forget(Watch* watch);

 private:
  static void on_poll(uv_poll_t* handle, int status, int events);
  static void on_closed(uv_handle_t* handle);

  uv_loop_t* loop_;
  void* owner_;
  OnReady on_ready_;
  std::vector<std::unique_ptr<Watch>> all_;
  std::vector<Watch*> spare_;
};

}  // namespace loka::net
