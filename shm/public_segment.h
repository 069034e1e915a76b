// The public segment as the supervisor creates it and as its readers see it. A reader checks the
// header once and every index it follows.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/log.h"
#include "common/base/result.h"
#include "shm/layout.h"
#include "shm/segment.h"

namespace loka::shm {

class PublicSegment {
 public:
  // The supervisor: creates and initialises the segment for this many slots.
  [[nodiscard]] static Result<PublicSegment, SystemError> create(uint32_t slot_count, Instant now,
                                                                 uint32_t supervisor_pid);
  // A reader, or a worker: maps what an inherited descriptor names, all of it read-only. An error
  // with code EINVAL: not a segment of this layout.
  [[nodiscard]] static Result<PublicSegment, SystemError> open(int descriptor);

  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] uint32_t slot_count() const { return slot_count_; }
  [[nodiscard]] const Header& header() const;
  // slot: 1…slot_count()
  [[nodiscard]] const Slot& slot(uint32_t slot) const;

  // The supervisor: makes this text the newest configuration; returns its generation (1, 2, …).
  // CHECKs that it fits kConfigBytesMax and that the segment was created here.
  uint64_t publish_config(std::string_view text);

  // The supervisor: how lines are to be written from now on, for keepers, which read no YAML.
  void publish_log_style(LogFormat format, LogLevel level);
  struct LogStyle {
    LogFormat format = LogFormat::kText;
    LogLevel level = LogLevel::kInfo;
    bool operator==(const LogStyle&) const = default;
  };
  [[nodiscard]] LogStyle log_style() const;

  // The newest complete configuration, copied; generation 0: none yet.
  struct PublishedConfig {
    uint64_t generation = 0;
    std::string text;
  };
  [[nodiscard]] PublishedConfig newest_config() const;
  // Only the generation: what an engine compares on every tick.
  [[nodiscard]] uint64_t newest_generation() const;

 private:
  Mapping mapping_;
  int descriptor_ = -1;
  uint32_t slot_count_ = 0;
  bool is_writer_ = false;
};

// One slot for writing, mapped by its keeper and its engine.
class OwnSlot {
 public:
  [[nodiscard]] static Result<OwnSlot, SystemError> map(int descriptor, uint32_t slot);
  [[nodiscard]] Slot& operator*() const { return *static_cast<Slot*>(mapping_.data()); }
  [[nodiscard]] Slot* operator->() const { return static_cast<Slot*>(mapping_.data()); }

 private:
  Mapping mapping_;
};

}  // namespace loka::shm
