// A small language for the pure logic: one miner, its pool connection, no socket and no clock.
//
//   OneMiner miner;
//   miner.says(R"({"id":1,"method":"mining.subscribe","params":[]})");
//   miner.pool_opens();
//   CHECK(miner.pool_hears() == …);
//
// What it does is what the engine does around a line: a transaction, the input position, a commit.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <sys/mman.h>

#include "common/base/check.h"
#include "shm/store.h"
#include "shm/transaction.h"
#include "worker/session/miner_line.h"
#include "worker/session/session.h"
#include "worker/upstream/pool_connection.h"
#include "worker/upstream/pool_line.h"

namespace loka::worker {

inline constexpr shm::ShardSizes kSmallShard{4, 8, 128, 40, 256};

// Zeroed memory that costs nothing until it is touched.
class Memory {
 public:
  explicit Memory(size_t bytes, int extra_flags = MAP_PRIVATE)
      : bytes_(bytes),
        data_(::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, extra_flags | MAP_ANONYMOUS, -1, 0)) {
    check(data_ != MAP_FAILED);
  }
  ~Memory() { ::munmap(data_, bytes_); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  [[nodiscard]] void* data() const { return data_; }
  [[nodiscard]] size_t size() const { return bytes_; }

 private:
  size_t bytes_;
  void* data_;
};

inline config::Config two_pools() {
  config::Config config;
  for (const char* name : {"first", "second"}) {
    config::Pool pool;
    pool.name = name;
    pool.address = {std::string(name) + ".pool.example.com", 3333};
    config.pools.push_back(pool);
  }
  return config;
}

class OneMiner {
 public:
  explicit OneMiner(config::Config config = two_pools())
      : config_(std::move(config)),
        shard_memory_(shm::shard_bytes(kSmallShard)),
        slot_memory_(sizeof(shm::Slot)),
        slot_(*static_cast<shm::Slot*>(slot_memory_.data())),
        store_(shm::Shard::format(shard_memory_.data(), shard_memory_.size(), kSmallShard), slot_),
        tx_(store_) {
    tx_.begin();
    shm::SocketName socket;
    socket.descriptor = 100;
    socket.cookie = 4711;
    session_ = open_session(tx_, socket, SocketAddress{}, turn());
    check(session_ != shm::kNobody);
    commit();
  }

  // ---- the miner ----
  LineOutcome says(std::string_view line) {
    tx_.begin();
    const LineOutcome outcome = handle_miner_line(tx_, session_, line, turn());
    if (outcome == LineOutcome::kHandled && tx_.edit<shm::Session>(session_).in_use != 0)
      tx_.advance(tx_.edit<shm::Session>(session_).in, line.size() + 1);
    commit();
    return outcome;
  }
  // Says it, and again once a pool is there, as the engine does with a line that has to wait.
  void insists(std::string_view line) {
    if (says(line) == LineOutcome::kHandled) return;
    pool_opens();
    check(says(line) == LineOutcome::kHandled);
  }
  // What has been said to the miner since the last time, and takes it as written.
  std::string hears() { return take(session().out); }
  [[nodiscard]] bool is_connected() { return session().in_use != 0; }
  void hangs_up() {
    tx_.begin();
    close_session(tx_, session_, shm::Counter::kSessionsLeft, turn());
    commit();
  }

  // ---- its pool ----
  void pool_opens() {
    tx_.begin();
    upstream_ = session().upstream;
    shm::Upstream& record = tx_.edit<shm::Upstream>(upstream_);
    record.socket.descriptor = 101;
    record.socket.cookie = 4712;
    on_pool_opened(tx_, upstream_, turn());
    commit();
  }
  void pool_says(std::string_view line) {
    tx_.begin();
    handle_pool_line(tx_, upstream_, line, turn());
    commit();
  }
  std::string pool_hears() { return take(upstream().out); }
  void pool_is_lost(Loss loss) {
    tx_.begin();
    on_pool_lost(tx_, upstream_, loss, turn());
    commit();
    upstream_ = session().upstream;
  }

  // ---- time ----
  void wait(Duration duration) { now_ = now_ + duration; }
  void deadline_of_miner() {
    tx_.begin();
    on_session_deadline(tx_, session_, turn());
    commit();
  }
  void deadline_of_pool() {
    tx_.begin();
    on_upstream_deadline(tx_, upstream_, turn());
    commit();
  }

  // ---- what stands in memory ----
  shm::Session& session() { return store_.table<shm::Session>()[session_]; }
  shm::Upstream& upstream() { return store_.table<shm::Upstream>()[upstream_]; }
  shm::ShareBlock shares() { return slot_.shares.own(); }
  shm::MinerRow row() { return slot_.miners[session().first_login - 1].own(); }
  uint64_t counted(shm::Counter counter) { return slot_.counters.get(counter); }
  shm::Store& store() { return store_; }
  config::Config& config() { return config_; }

  // Through the whole handshake, as a pool that grants everything answers it.
  void mines(std::string_view login = "farm.rig7") {
    insists(R"({"id":1,"method":"mining.subscribe","params":["test/1"]})");
    pool_says(R"({"id":1,"result":[[["mining.notify","s1"]],"08000002",4],"error":null})");
    insists(R"({"id":2,"method":"mining.authorize","params":[")" + std::string(login) +
            R"(","x"]})");
    pool_says(R"({"id":2,"result":true,"error":null})");
    hears();
    pool_hears();
  }

 private:
  Turn turn() {
    return Turn{config_,       now_,         slot_.counters,        slot_.pools,
                miner_parser_, pool_parser_, {line_, sizeof line_}, 12345};
  }
  void commit() {
    for (const auto& touched : tx_.touched()) {
      if (touched.kind == shm::RecordKind::kSession) {
        shm::Session& record = tx_.edit<shm::Session>(touched.index);
        set_deadline(record, record.in_use != 0 && is_authorized(tx_, record));
      } else if (touched.kind == shm::RecordKind::kUpstream) {
        set_deadline(tx_, tx_.edit<shm::Upstream>(touched.index));
      }
    }
    tx_.commit();
  }
  std::string take(shm::PagedBytes& stream) {
    std::string text(stream.waiting(), '\0');
    store_.pages().copy(stream, text.data());
    if (!stream.is_idle()) {
      const shm::PagedBytes sent = stream;
      stream.position = stream.end;
      store_.pages().give_all(sent);
    }
    return text;
  }

  config::Config config_;
  Memory shard_memory_;
  Memory slot_memory_;
  shm::Slot& slot_;
  shm::Store store_;
  shm::Transaction tx_;
  stratum::Parser miner_parser_{stratum::kMinerLineBytesMax};
  stratum::Parser pool_parser_{stratum::kPoolLineBytesMax};
  char line_[stratum::kPoolLineBytesMax + 4096];
  Instant now_ = Instant::from_ns(1'000'000'000'000);
  uint32_t session_ = shm::kNobody;
  uint32_t upstream_ = shm::kNobody;
};

}  // namespace loka::worker
