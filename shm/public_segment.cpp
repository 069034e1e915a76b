#include "shm/public_segment.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

#include "common/base/check.h"

namespace loka::shm {

namespace {

// A block that changes under the reader was overwritten twice meanwhile; then a newer one exists.
constexpr int kConfigReadAttemptsMax = 16;

const SlotZero& slot_zero(const Mapping& mapping) {
  const auto* base = static_cast<const unsigned char*>(mapping.data());
  return *reinterpret_cast<const SlotZero*>(base + slot_zero_offset());
}

const ConfigBlock& newest_block(const SlotZero& zero) {
  const auto first = zero.config[0].generation.load(std::memory_order_acquire);
  const auto second = zero.config[1].generation.load(std::memory_order_acquire);
  return zero.config[first >= second ? 0 : 1];
}

// Words are stored with release and loaded with acquire, so that a reader that saw one word of a
// new text also sees, at its second look, that the generation is gone.
void store_text(ConfigBlock& block, std::string_view text) {
  for (size_t at = 0; at < text.size(); at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, text.data() + at, std::min<size_t>(8, text.size() - at));
    block.text[at / 8].store(word, std::memory_order_release);
  }
}

std::string load_text(const ConfigBlock& block, size_t length) {
  std::string text(length, '\0');
  for (size_t at = 0; at < length; at += 8) {
    const uint64_t word = block.text[at / 8].load(std::memory_order_acquire);
    std::memcpy(text.data() + at, &word, std::min<size_t>(8, length - at));
  }
  return text;
}

SystemError not_a_segment() { return {"open the public segment", EINVAL}; }

// Whether this compiler's layout is the one that the header's writer used, and all of it is there.
bool is_our_layout(const Header& header, size_t bytes) {
  if (header.magic != kMagic || header.layout_version != kLayoutVersion) return false;
  if (header.slot_bytes != whole_pages(sizeof(Slot))) return false;
  const uint64_t slots_max = bytes / header.slot_bytes;
  if (header.slot_count == 0 || header.slot_count > slots_max) return false;
  return header.segment_bytes == segment_bytes(header.slot_count) && header.segment_bytes == bytes;
}

}  // namespace

Result<PublicSegment, SystemError> PublicSegment::create(uint32_t slot_count, Instant now,
                                                         uint32_t supervisor_pid) {
  CHECK(slot_count > 0);
  const size_t bytes = segment_bytes(slot_count);
  const auto descriptor = create_memory("loka-public", bytes);
  if (!descriptor) return Error(descriptor.error());

  PublicSegment segment;
  auto mapping = Mapping::map(*descriptor, 0, bytes, Access::kReadWrite, false);
  if (!mapping) {
    close(*descriptor);
    return Error(mapping.error());
  }
  segment.mapping_ = std::move(*mapping);
  segment.descriptor_ = *descriptor;
  segment.slot_count_ = slot_count;
  segment.is_writer_ = true;

  // Everything else in the segment begins as zero, which is what fresh memory is.
  auto& header = *static_cast<Header*>(segment.mapping_.data());
  header.layout_version = kLayoutVersion;
  header.slot_count = slot_count;
  header.slot_bytes = whole_pages(sizeof(Slot));
  header.segment_bytes = bytes;
  header.started_ns = now.ns();
  header.supervisor_pid = supervisor_pid;
  segment.publish_log_style(LogFormat::kText, LogLevel::kInfo);
  header.magic = kMagic;
  return segment;
}

Result<PublicSegment, SystemError> PublicSegment::open(int descriptor) {
  const auto bytes = memory_bytes(descriptor);
  if (!bytes) return Error(bytes.error());
  if (*bytes < sizeof(Header)) return Error(not_a_segment());

  auto mapping = Mapping::map(descriptor, 0, *bytes, Access::kReadOnly, false);
  if (!mapping) return Error(mapping.error());
  PublicSegment segment;
  segment.mapping_ = std::move(*mapping);
  segment.descriptor_ = descriptor;
  if (!is_our_layout(segment.header(), *bytes)) return Error(not_a_segment());
  segment.slot_count_ = segment.header().slot_count;
  return segment;
}

const Header& PublicSegment::header() const { return *static_cast<const Header*>(mapping_.data()); }

const Slot& PublicSegment::slot(uint32_t slot) const {
  CHECK(slot >= 1 && slot <= slot_count_);
  const auto* base = static_cast<const unsigned char*>(mapping_.data());
  return *reinterpret_cast<const Slot*>(base + slot_offset(slot));
}

uint64_t PublicSegment::publish_config(std::string_view text) {
  CHECK(is_writer_);
  CHECK(text.size() <= kConfigBytesMax);
  auto& zero = const_cast<SlotZero&>(slot_zero(mapping_));
  const uint64_t generation = newest_generation() + 1;
  auto& block = &newest_block(zero) == &zero.config[0] ? zero.config[1] : zero.config[0];

  block.generation.store(0, std::memory_order_relaxed);  // whoever still reads it notices
  store_text(block, text);
  block.length.store(static_cast<uint32_t>(text.size()), std::memory_order_release);
  block.generation.store(generation, std::memory_order_release);
  return generation;
}

void PublicSegment::publish_log_style(LogFormat format, LogLevel level) {
  CHECK(is_writer_);
  auto& header = *static_cast<Header*>(mapping_.data());
  header.log_style.store(static_cast<uint32_t>(format) + (static_cast<uint32_t>(level) << 8U),
                         std::memory_order_relaxed);
}

PublicSegment::LogStyle PublicSegment::log_style() const {
  const uint32_t style = header().log_style.load(std::memory_order_relaxed);
  const uint32_t level = std::min(style >> 8U, static_cast<uint32_t>(LogLevel::kError));
  return {(style & 0xffU) == static_cast<uint32_t>(LogFormat::kJson) ? LogFormat::kJson
                                                                     : LogFormat::kText,
          static_cast<LogLevel>(level)};
}

PublicSegment::PublishedConfig PublicSegment::newest_config() const {
  const auto& zero = slot_zero(mapping_);
  for (int attempt = 0; attempt < kConfigReadAttemptsMax; ++attempt) {
    const auto& block = newest_block(zero);
    const uint64_t generation = block.generation.load(std::memory_order_acquire);
    const uint32_t length = block.length.load(std::memory_order_acquire);
    if (generation == 0 || length > kConfigBytesMax) continue;
    PublishedConfig config{generation, load_text(block, length)};
    if (block.generation.load(std::memory_order_relaxed) == generation) return config;
  }
  return {};
}

uint64_t PublicSegment::newest_generation() const {
  return newest_block(slot_zero(mapping_)).generation.load(std::memory_order_acquire);
}

Result<OwnSlot, SystemError> OwnSlot::map(int descriptor, uint32_t slot) {
  const auto segment = PublicSegment::open(descriptor);
  if (!segment) return Error(segment.error());
  if (slot < 1 || slot > segment->slot_count()) {
    return Error(SystemError{"map slot " + std::to_string(slot), EINVAL});
  }
  auto mapping = Mapping::map(descriptor, slot_offset(slot), whole_pages(sizeof(Slot)),
                              Access::kReadWrite, false);
  if (!mapping) return Error(mapping.error());
  OwnSlot own;
  own.mapping_ = std::move(*mapping);
  return own;
}

}  // namespace loka::shm
