#include "shm/public_segment.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <string>
#include <thread>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace loka;
using namespace loka::shm;

namespace {

PublicSegment make_segment(uint32_t slots) {
  return PublicSegment::create(slots, Instant::from_ns(77), 1234).value();
}

// A copy of the header for writing, as a hostile or older program would leave it.
struct WritableHeader {
  explicit WritableHeader(int descriptor)
      : mapping(Mapping::map(descriptor, 0, sizeof(Header), Access::kReadWrite, false).value()) {}
  Header* operator->() { return static_cast<Header*>(mapping.data()); }
  Mapping mapping;
};

int open_error(int descriptor) {
  const auto segment = PublicSegment::open(descriptor);
  return segment ? 0 : segment.error().code;
}

}  // namespace

TEST_CASE("PublicSegment: a reader finds what the supervisor wrote") {
  const auto created = make_segment(3);
  const auto opened = PublicSegment::open(created.descriptor()).value();
  CHECK(opened.slot_count() == 3);
  CHECK(opened.header().started_ns == 77);
  CHECK(opened.header().supervisor_pid == 1234);
  for (uint32_t slot = 1; slot <= 3; ++slot) {
    CHECK(opened.slot(slot).keeper.state.load() == SlotState::kStarting);
    CHECK(opened.slot(slot).engine.self_test.load() == SelfTest::kPending);
    CHECK(opened.slot(slot).counters.get(Counter::kEngineStarts) == 0);
  }
}

TEST_CASE("PublicSegment: memory is committed only where it is touched") {
  const auto created = make_segment(8);
  struct stat status{};
  REQUIRE(fstat(created.descriptor(), &status) == 0);
  CHECK(static_cast<size_t>(status.st_size) == segment_bytes(8));
  CHECK(status.st_blocks * 512 <= static_cast<long>(4 * kPageBytes));
}

TEST_CASE("OwnSlot: a slot's writer reaches its own slot and no other") {
  const auto created = make_segment(3);
  const auto own = OwnSlot::map(created.descriptor(), 2).value();
  own->keeper.epoch.store(42);
  own->counters.add(Counter::kJobs, 7);
  MinerRow written;
  written.in_use = 1;
  own->miners[kMinerRowsMax - 1].write(written);

  CHECK(created.slot(2).keeper.epoch.load() == 42);
  CHECK(created.slot(2).counters.get(Counter::kJobs) == 7);
  MinerRow row;
  REQUIRE(created.slot(2).miners[kMinerRowsMax - 1].read(row));
  CHECK(row.in_use == 1);
  CHECK(created.slot(1).keeper.epoch.load() == 0);
  CHECK(created.slot(3).keeper.epoch.load() == 0);
}

TEST_CASE("OwnSlot: a slot that does not exist is refused") {
  const auto created = make_segment(2);
  CHECK(OwnSlot::map(created.descriptor(), 0).error().code == EINVAL);
  CHECK(OwnSlot::map(created.descriptor(), 3).error().code == EINVAL);
  CHECK(OwnSlot::map(created.descriptor(), 0xffffffff).error().code == EINVAL);
}

TEST_CASE("PublicSegment: another layout, another size and other memory are refused") {
  const auto created = make_segment(2);
  const int descriptor = created.descriptor();
  WritableHeader header(descriptor);
  REQUIRE(open_error(descriptor) == 0);

  SUBCASE("magic") { header->magic = kMagic + 1; }
  SUBCASE("layout version") { header->layout_version = kLayoutVersion + 1; }
  SUBCASE("another compiler's slot") { header->slot_bytes += kPageBytes; }
  SUBCASE("no slots") { header->slot_count = 0; }
  SUBCASE("more slots than there is memory") { header->slot_count = 3; }
  SUBCASE("so many slots that the size overflows") { header->slot_count = 0xffffffff; }
  SUBCASE("a size that is not the file's") { header->segment_bytes -= kPageBytes; }
  SUBCASE("cut off") { REQUIRE(ftruncate(descriptor, static_cast<off_t>(kPageBytes)) == 0); }
  SUBCASE("empty") { REQUIRE(ftruncate(descriptor, 0) == 0); }
  CHECK(open_error(descriptor) == EINVAL);
}

TEST_CASE("PublicSegment: a closed descriptor is refused with its cause") {
  CHECK(open_error(9999) == EBADF);
}

TEST_CASE("publish_config: the newest text counts, whatever its length") {
  auto created = make_segment(1);
  const auto opened = PublicSegment::open(created.descriptor()).value();
  CHECK(opened.newest_generation() == 0);
  CHECK(opened.newest_config().generation == 0);

  uint64_t generation = 0;
  for (const size_t length : {size_t{5}, size_t{0}, size_t{8}, kConfigBytesMax, size_t{1}}) {
    const std::string text(length, static_cast<char>('a' + generation));
    CHECK(created.publish_config(text) == ++generation);
    CHECK(opened.newest_generation() == generation);
    CHECK(opened.newest_config().generation == generation);
    CHECK(opened.newest_config().text == text);
  }
}

TEST_CASE("publish_log_style: keepers see how lines are to be written") {
  auto created = make_segment(1);
  const auto opened = PublicSegment::open(created.descriptor()).value();
  CHECK(opened.log_style() == PublicSegment::LogStyle{LogFormat::kText, LogLevel::kInfo});
  created.publish_log_style(LogFormat::kJson, LogLevel::kError);
  CHECK(opened.log_style() == PublicSegment::LogStyle{LogFormat::kJson, LogLevel::kError});
  WritableHeader(created.descriptor())->log_style.store(0xffffffff);
  CHECK(opened.log_style() == PublicSegment::LogStyle{LogFormat::kText, LogLevel::kError});
}

TEST_CASE("newest_config: a hostile length is not followed") {
  auto created = make_segment(1);
  created.publish_config("text");
  const auto mapping = Mapping::map(created.descriptor(), slot_zero_offset(), sizeof(SlotZero),
                                    Access::kReadWrite, false)
                           .value();
  auto& zero = *static_cast<SlotZero*>(mapping.data());
  for (auto& block : zero.config) block.length.store(kConfigBytesMax + 1);
  CHECK(created.newest_config().generation == 0);
}

TEST_CASE("newest_config: a reader beside a busy writer gets whole texts only") {
  auto created = make_segment(1);
  const auto opened = PublicSegment::open(created.descriptor()).value();
  // Long, and made beforehand, so that the writer comes round to a block while it is being read.
  std::array<std::string, 3> texts;
  for (size_t i = 0; i < texts.size(); ++i) {
    texts[i] = std::string(40'000 + i, static_cast<char>('a' + i));
  }
  const auto text_of = [&](uint64_t generation) -> const std::string& {
    return texts[generation % texts.size()];
  };
  created.publish_config(text_of(1));

  constexpr int kReadsMin = 200;
  constexpr uint64_t kWritesMin = 2'000;
  std::atomic<uint64_t> newest{1};
  std::atomic<bool> is_done{false};
  uint64_t wrong = 0;
  std::thread reader([&] {
    for (int seen = 0; seen < kReadsMin || newest.load(std::memory_order_relaxed) < kWritesMin;) {
      const auto config = opened.newest_config();
      if (config.generation == 0) continue;
      ++seen;
      if (config.text != text_of(config.generation)) ++wrong;
    }
    is_done.store(true);
  });
  while (!is_done.load(std::memory_order_relaxed)) {
    const uint64_t next = newest.load(std::memory_order_relaxed) + 1;
    newest.store(created.publish_config(text_of(next)), std::memory_order_relaxed);
  }
  reader.join();
  CHECK(wrong == 0);
  CHECK(opened.newest_config().generation == newest.load());
  CHECK(opened.newest_config().text == text_of(newest.load()));
}
