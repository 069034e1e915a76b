#include "shm/seqlock.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <thread>

#include <doctest/doctest.h>

using namespace loka::shm;

namespace {

struct Block {
  std::array<uint64_t, 64> words{};  // long enough to be caught in the middle
};

Block block_of(uint64_t value) {
  Block block;
  block.words.fill(value);
  return block;
}

bool is_whole(const Block& block) {
  for (const uint64_t word : block.words) {
    if (word != block.words[0]) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("Seqlock: a fresh one reads as zero") {
  const auto lock = std::make_unique<Seqlock<Block>>();
  Block block = block_of(1);
  REQUIRE(lock->read(block));
  CHECK(block.words == block_of(0).words);
}

TEST_CASE("Seqlock: what was written last is read") {
  const auto lock = std::make_unique<Seqlock<Block>>();
  Block block;
  for (uint64_t value = 1; value < 5; ++value) {
    lock->write(block_of(value));
    REQUIRE(lock->read(block));
    CHECK(block.words == block_of(value).words);
    CHECK(lock->own().words == block_of(value).words);
  }
}

TEST_CASE("Seqlock: after a writer died in the middle readers give up, and one write mends it") {
  const auto lock = std::make_unique<Seqlock<Block>>();
  lock->write(block_of(3));
  // The sequence is the first word of the object; odd is what a writer leaves that never finished.
  uint32_t sequence = 0;
  std::memcpy(&sequence, static_cast<const void*>(lock.get()), sizeof sequence);
  REQUIRE(sequence % 2 == 0);
  ++sequence;
  std::memcpy(static_cast<void*>(lock.get()), &sequence, sizeof sequence);

  Block block;
  CHECK_FALSE(lock->read(block));
  lock->write(block_of(4));
  REQUIRE(lock->read(block));
  CHECK(block.words == block_of(4).words);
}

TEST_CASE("Seqlock: a reader beside a busy writer gets whole values only, and never an older one") {
  const auto lock = std::make_unique<Seqlock<Block>>();
  constexpr int kReadsMin = 10'000;
  constexpr uint64_t kWritesMin = 300'000;
  std::atomic<uint64_t> written{0};
  std::atomic<bool> is_done{false};
  uint64_t wrong = 0;
  std::thread reader([&] {
    uint64_t newest = 0;
    for (int seen = 0; seen < kReadsMin || written.load(std::memory_order_relaxed) < kWritesMin;) {
      Block block;
      if (!lock->read(block)) continue;
      ++seen;
      if (!is_whole(block) || block.words[0] < newest) ++wrong;
      newest = block.words[0];
    }
    is_done.store(true);
  });
  while (!is_done.load(std::memory_order_relaxed)) {
    const uint64_t next = written.load(std::memory_order_relaxed) + 1;
    lock->write(block_of(next));
    written.store(next, std::memory_order_relaxed);
  }
  reader.join();
  CHECK(wrong == 0);
}
