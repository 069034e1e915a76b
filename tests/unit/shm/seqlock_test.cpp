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
  std::array<uint64_t, 16> words{};
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
  constexpr uint64_t kWrites = 300'000;
  std::atomic<bool> is_done{false};
  uint64_t seen = 0;
  uint64_t wrong = 0;
  std::thread reader([&] {
    uint64_t newest = 0;
    for (bool last_look = false; !last_look;) {
      last_look = is_done.load();
      Block block;
      if (!lock->read(block)) continue;
      ++seen;
      if (!is_whole(block) || block.words[0] < newest) ++wrong;
      newest = block.words[0];
    }
  });
  for (uint64_t i = 1; i <= kWrites; ++i) lock->write(block_of(i));
  is_done.store(true);
  reader.join();
  CHECK(wrong == 0);
  CHECK(seen > 0);
  CHECK(lock->own().words == block_of(kWrites).words);
}
