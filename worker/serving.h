// The engine's traffic: sockets in, lines through the pure logic, commits, sockets out. It owns
// what dies with the engine (watches, free lists, deadlines) and nothing that must not.
//
// One rule holds it together: the logic changes records, and after each commit `follow` lets the
// sockets do what the records say: close what is free, connect what is wanted, write what waits,
// read where there is room.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "common/config/config.h"
#include "common/stratum/parse.h"
#include "shm/public_segment.h"
#include "shm/store.h"
#include "shm/transaction.h"
#include "worker/gauges.h"
#include "worker/net/acceptor.h"
#include "worker/net/resolver.h"
#include "worker/net/watcher.h"
#include "worker/session/turn.h"
#include "worker/upstream/pool_connection.h"

struct uv_loop_s;  // libuv stays behind worker/net

namespace loka::worker {

// Read from one socket before the next one's turn.
inline constexpr size_t kMinerReadBytes = 16 * 1024;
inline constexpr size_t kPoolReadBytes = shm::kScratchBytes;
// The unfinished or waiting rest of before, and the bytes just read behind it.
inline constexpr size_t kJoinBufferBytes = 2 * (stratum::kPoolLineBytesMax + shm::kScratchBytes);

class Serving final : private net::Acceptor::Owner {
 public:
  // All references outlive it. Nothing is watched yet.
  Serving(uv_loop_s* loop, shm::Store& store, const shm::PublicSegment& segment,
          std::span<const int> listeners, uint64_t random_seed);
  ~Serving() override;
  Serving(const Serving&) = delete;
  Serving& operator=(const Serving&) = delete;

  // The configuration in force from now on; existing pool connections stay with the pool they have.
  void use(config::Config config);
  [[nodiscard]] const config::Config& config() const { return config_; }

  // Takes over a recovered connection: watches its socket and goes on where the records stand.
  void attach(shm::RecordKind kind, uint32_t index);
  // A pool connection that was still connecting: begun again.
  void dial_again(uint32_t upstream);
  // After all that recovery handed over: lets the sockets follow.
  void resume() { follow_all(); }
  // Bytes that the last engine had read and not yet written down.
  // Nothing happens if that record is gone by now.
  void resume_with(shm::RecordKind kind, uint32_t index, uint32_t generation,
                   std::string_view bytes);
  // Ends a record that two engines died of, or that did not pass its checks.
  void close_alone(shm::RecordKind kind, uint32_t index, shm::Counter reason);
  // An accepted socket that nobody had written down.
  void adopt(const shm::SocketName& socket, const SocketAddress& peer);

  void start_accepting() { acceptor_.start(); }
  // The graceful stop: nothing new is accepted or read from miners; pools' answers still go out.
  void stop_taking();
  // Whether every share in flight has been answered and nothing waits to be said.
  [[nodiscard]] bool is_drained() const;

  // Once per loop turn, and every kTickInterval: deadlines, gauges.
  void on_tick();
  void begin_turn() { now_is_fresh_ = false; }

 private:
  // The volatile side of one record.
  struct Port {
    net::Watcher::Watch* watch = nullptr;
    shm::SocketName socket;
    int64_t deadline_ns = 0;      // of the record; 0: nobody to wait for
    bool is_dirty = false;        // in dirty_
    bool has_whole_line = false;  // a line waits in its pages for a gate to open
    bool is_broken = false;       // a write failed or a RST came: what can be read still is
    bool is_reading = false;      // armed for reading
    Gauges::Counted counted;
  };
  struct Key {
    shm::RecordKind kind;
    uint32_t index;
  };

  static void on_socket_ready(void* self, uint32_t kind, uint32_t index, net::Readiness readiness);

  [[nodiscard]] Turn turn();
  [[nodiscard]] Instant now();
  [[nodiscard]] Port& port(Key key);

  void read(Key key);
  void pump(Key key, std::string_view bytes);
  void pump_session(uint32_t index, std::string_view bytes);
  void pump_upstream(uint32_t index, std::string_view bytes);
  void keep_rest(Key key, size_t skipped, std::string_view rest);
  void end_of_stream(Key key, bool is_broken);
  std::string_view join(const shm::PagedBytes& waiting, std::string_view bytes);
  void count_line_served();
  void hold_in_hand(Key key, uint32_t generation, uint64_t offset);

  void commit();
  void touch(Key key);
  void follow_all();
  void follow_session(uint32_t index);
  void follow_upstream(uint32_t index);
  void flush(Key key, shm::PagedBytes& out, int64_t& stalled_ns);
  void release_port(Key key);
  void arm(Key key, bool reading, bool writing);
  void watch_port(Key key, const shm::SocketName& socket);
  [[nodiscard]] bool is_free(Key key) const;
  [[nodiscard]] bool may_read(Key key) const;
  void count_refusal_to_read(const shm::Session& session);
  void note_break(Key key);
  void wake(Key key);
  [[nodiscard]] uint32_t generation_of(Key key) const;
  [[nodiscard]] bool may_read_session(const shm::Session& session) const;
  [[nodiscard]] bool may_read_upstream(const shm::Upstream& upstream) const;

  void connect(uint32_t upstream);
  void on_connected(uint32_t upstream);
  void lose_pool(uint32_t upstream, Loss loss);

  [[nodiscard]] bool is_at_limit() const override;
  void on_accepted(const net::Accepted& accepted) override;
  void on_accepts_done() override { follow_all(); }

  void run_deadlines();
  void publish_gauges();

  shm::Store& store_;
  const shm::PublicSegment& segment_;
  shm::Transaction tx_;
  config::Config config_;
  stratum::Parser miner_parser_;
  stratum::Parser pool_parser_;
  std::unique_ptr<char[]> line_;  // where lines are built
  std::unique_ptr<char[]> join_;  // where a kept tail meets the bytes behind it
  net::Resolver resolver_;
  net::Watcher watcher_;
  net::Acceptor acceptor_;
  Gauges gauges_;
  std::vector<Port> session_ports_;  // by index of the record
  std::vector<Port> upstream_ports_;
  std::vector<Key> dirty_;
  uint32_t connections_max_ = 0;  // of the limiter, all workers together; 0: what the table holds
  Instant now_;
  bool now_is_fresh_ = false;
  bool is_stopping_ = false;
  uint64_t random_;
};

}  // namespace loka::worker
