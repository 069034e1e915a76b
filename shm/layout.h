// The public segment, byte by byte: who writes what. Everything in it is a plain record or an
// atomic; no pointer, no lock, one writer for each part. Readers treat every part as hostile.
//
//   Header                                                     writer: supervisor
//   SlotZero   configuration, two blocks                       writer: supervisor
//   Slot 1…N   keeper's line · engine's line · shares · …      writers: that slot's keeper and
//   engine
//
// Each part begins on a page, so that an engine can map its own slot alone for writing. A change of
// this file is a new kLayoutVersion and a line in docs/architecture.md.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "shm/counters.h"
#include "shm/records/latency_histogram.h"
#include "shm/records/miner_row.h"
#include "shm/records/share_block.h"
#include "shm/seqlock.h"

namespace loka::shm {

inline constexpr uint64_t kMagic = 0x4c4f4b4153454731;  // "LOKASEG1"
inline constexpr uint32_t kLayoutVersion = 1;
inline constexpr size_t kPageBytes = 4096;
inline constexpr size_t kConfigBytesMax = 128 * 1024;
inline constexpr uint32_t kMinerRowsMax = 20'000;  // per slot; memory is committed when first used

constexpr size_t whole_pages(size_t bytes) {
  return (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
}

struct Header {
  uint64_t magic = 0;
  uint32_t layout_version = 0;
  uint32_t slot_count = 0;
  uint64_t slot_bytes = 0;  // sizeof(Slot) in whole pages, as the writer's compiler saw it
  uint64_t segment_bytes = 0;
  int64_t started_ns = 0;  // CLOCK_MONOTONIC, the supervisor's start
  uint32_t supervisor_pid = 0;
  std::atomic<uint32_t> log_style{0};  // LogFormat + 256 × LogLevel, for keepers: they read no YAML
};

// The configuration as canonical YAML, decoded by the engine with the same loader as the file. The
// complete block with the highest generation counts; `length` is stored before `generation`. The
// text is kept as words, so that reading a block while it is overwritten is not undefined.
struct ConfigBlock {
  std::atomic<uint64_t> generation{0};
  std::atomic<uint32_t> length{0};
  std::array<std::atomic<uint64_t>, kConfigBytesMax / 8> text{};
};

struct SlotZero {
  std::array<ConfigBlock, 2> config;
};

enum class SlotState : uint32_t {
  kStarting,    // no engine has served yet
  kRecovering,  // an engine attaches what the last one left
  kServing,
  kBackoff,  // fruitless deaths; the next engine waits
  kFailed,   // the fifth fruitless death in a row
  kStopping,
};

// How the kernel's counts proved at start; decides what a crash costs.
enum class SelfTest : uint32_t { kPending, kExact, kInexact };

struct alignas(64) KeeperLine {
  std::atomic<uint32_t> keeper_pid{0};
  std::atomic<uint32_t> engine_pid{0};  // 0: none at the moment
  std::atomic<uint32_t> epoch{0};       // engines cloned in this slot so far
  std::atomic<uint32_t> deaths{0};      // of engines, fruitful ones included
  std::atomic<uint32_t> fruitless{0};   // in a row
  std::atomic<SlotState> state{SlotState::kStarting};
  std::atomic<uint32_t> last_signal{0};  // that ended the last engine; 0: it exited by itself
  std::atomic<uint32_t> last_exit{0};
  std::atomic<uint32_t> kills{0};           // engines killed by the watchdog
  std::atomic<uint32_t> wipes{0};           // shards wiped after the third fruitless death
  std::atomic<uint32_t> stop_requested{0};  // 1: graceful stop; the engine drains and dies
};

struct alignas(64) EngineLine {
  std::atomic<int64_t> heartbeat_ns{0};        // CLOCK_MONOTONIC of the last turn of the loop
  std::atomic<uint64_t> config_generation{0};  // the newest configuration taken over
  std::atomic<uint32_t> config_refused{0};     // 1: the newest block could not be decoded
  std::atomic<uint32_t> serving{0};            // 1: recovered, listeners armed
  std::atomic<uint64_t> lines_served{0};  // since this engine recovered: makes its death fruitful
  std::atomic<uint32_t> sessions{0};
  std::atomic<uint32_t> authorized{0};
  std::atomic<uint32_t> pages_in_use{0};
  std::atomic<uint32_t> miner_rows_used{
      0};  // rows 0…used-1 were ever in use; no reader looks further
  std::atomic<SelfTest> self_test{SelfTest::kPending};
};

// What an engine knows of one pool, by position in the configuration.
struct alignas(64) PoolLine {
  std::atomic<uint64_t> identity{0};  // of the pool at this position; 0: none
  std::atomic<uint32_t> connections{0};
  std::atomic<uint32_t> serving{0};  // of them: authorised
  std::atomic<uint32_t> failures_in_row{0};
  std::atomic<int64_t> last_success_ns{0};  // CLOCK_MONOTONIC; 0: never
  std::atomic<int64_t> last_failure_ns{0};
  std::atomic<uint32_t> refused{0};  // 1: the pool refused our credentials last
  LatencyHistogram submit_latency;   // from forwarding a submit to its answer
};

struct Slot {
  KeeperLine keeper;
  EngineLine engine;
  Seqlock<ShareBlock> shares;
  Counters counters;
  std::array<PoolLine, kPoolsMax> pools;
  std::array<Seqlock<MinerRow>, kMinerRowsMax> miners;
};

// Offsets in the segment. slot: 1…slot_count.
constexpr size_t slot_zero_offset() { return whole_pages(sizeof(Header)); }
constexpr size_t slot_offset(uint32_t slot) {
  return slot_zero_offset() + whole_pages(sizeof(SlotZero)) +
         (slot - 1) * whole_pages(sizeof(Slot));
}
constexpr size_t segment_bytes(uint32_t slot_count) { return slot_offset(slot_count + 1); }

}  // namespace loka::shm
