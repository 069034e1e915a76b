// One process of simulated miners: an epoll loop that connects them, paces their submits and keeps
// the books.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <vector>

#include "common/stratum/parse.h"
#include "tools/sim/farm_totals.h"
#include "tools/sim/line_stream.h"
#include "tools/sim/miner.h"
#include "tools/sim/sockets.h"

namespace loka::sim {

class Farm {
 public:
  // shard: 0 … options.shards - 1; the miners, the rate and the ramp are divided among the shards.
  // All references outlive the farm.
  Farm(const FarmOptions& options, const Address& target, size_t shard, FarmTotals& totals);
  ~Farm();
  Farm(const Farm&) = delete;
  Farm& operator=(const Farm&) = delete;

  // Until the duration is over or a signal comes, and then until all submits are answered, 10 s at
  // most; a second signal ends it at once. Returns the exit code: 1 when an answer is missing or
  // one came too often, 69 when the first connection failed.
  int run();

 private:
  enum class State : uint8_t { kWaiting, kConnecting, kConnected, kFinSent, kGone };
  struct Place {
    std::unique_ptr<Miner> miner;
    LineStream stream;
    State state = State::kWaiting;
    bool waits_to_write = false;
    Instant deadline = Instant::never();  // of connecting, or of the answers after a FIN
    int failures = 0;                     // connects in a row
    size_t ready_at = kNotReady;          // its place in ready_
  };
  static constexpr size_t kNotReady = ~size_t{0};
  using Retry = std::pair<Instant, size_t>;

  void turn();
  [[nodiscard]] int wait_ms() const;

  void connect_due();
  void connect(size_t index);
  void connected(size_t index);
  void connect_failed(size_t index, int error);
  void serve(size_t index, uint32_t events);
  bool read_lines(size_t index);
  void flush(size_t index);
  // Closes; its open submits are lost, or abandoned if we meant to leave them.
  void end(size_t index, bool is_abandoning);
  void lose(size_t index);
  void retry_later(size_t index, Duration pause);
  void check_deadlines();

  void set_ready(size_t index, bool is_ready);
  [[nodiscard]] double rate_now() const;
  void submit_due();
  bool submit_of(size_t index, size_t& hashes);
  void maybe_leave(size_t index);
  void note_answers(size_t count);

  const FarmOptions& options_;
  const Address& target_;
  FarmTotals& totals_;
  int epoll_;
  int stop_signal_;
  Instant now_;
  Instant end_at_;
  Instant drain_until_ = Instant::never();
  bool is_ending_ = false;    // no more submits, waiting for answers
  bool is_stopping_ = false;  // at once
  double rate_;               // submits per second when all miners are ready; 0 in a closed loop
  double ramp_;
  stratum::Parser parser_;
  std::vector<char> scratch_;
  std::vector<Place> places_;
  size_t never_connected_ = 0;  // the next to connect for the first time
  double connects_due_ = 0;
  std::priority_queue<Retry, std::vector<Retry>, std::greater<>> retries_;
  std::vector<size_t> ready_;
  size_t turn_of_ = 0;       // in ready_: whose share is due next
  std::deque<size_t> idle_;  // closed loop: whose answer has come
  double submits_due_ = 0;
  Instant last_turn_;
  Instant next_check_;
  size_t open_submits_ = 0;  // of all
  Instant gap_start_;        // of the time without an answer
  Random random_;
};

}  // namespace loka::sim
