// One process of a simulated pool: an epoll loop between the sockets and the sessions.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "common/stratum/parse.h"
#include "tools/sim/line_stream.h"
#include "tools/sim/pool.h"
#include "tools/sim/pool_session.h"

namespace loka::sim {

class PoolServer {
 public:
  // listener: non-blocking; owned from here on. The others outlive the server.
  PoolServer(int listener, const PoolOptions& options, size_t shard, PoolTotals& totals,
             ShareLog& log);
  ~PoolServer();
  PoolServer(const PoolServer&) = delete;
  PoolServer& operator=(const PoolServer&) = delete;

  // Until SIGTERM; returns the exit code.
  int run();

 private:
  struct Connection {
    LineStream stream;
    std::unique_ptr<PoolSession> session;
    uint64_t generation = 0;  // of this slot, so that a late answer misses whoever came after
    bool waits_to_write = false;
    size_t late_answers = 0;  // that --answer-delay still holds back
    bool has_ended = false;   // the peer said its last; it is closed after the last answer
  };
  struct LateAnswer {
    Instant due;
    size_t slot;
    uint64_t generation;
    std::string text;
  };

  void accept_all();
  void pause_accepting(bool paused);
  void serve(size_t slot, uint32_t events);
  bool read_lines(Connection& connection, size_t slot);
  void send_answers(Connection& connection, size_t slot);
  void flush(size_t slot);
  void close(size_t slot);

  // What the clock asks for.
  void run_timers();
  void announce_slice();
  void send_late_answers();
  [[nodiscard]] int wait_ms() const;

  int listener_;
  int epoll_;
  int stop_signal_;
  const PoolOptions& options_;
  PoolTotals& totals_;
  ShareLog& log_;
  Times times_;
  Pool pool_;
  stratum::Parser parser_;
  std::vector<Connection> connections_;
  std::vector<size_t> free_slots_;
  std::deque<LateAnswer> late_answers_;  // in the order of their time
  std::string submit_answers_;           // of the lines being handled
  std::vector<char> scratch_;
  Instant next_job_;
  Instant next_flush_;
  size_t announced_ = 0;  // connections that were looked at since the newest job
  bool is_accepting_ = true;
};

}  // namespace loka::sim
