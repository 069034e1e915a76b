// A slot's private memory: records, journal, scratch and pages, mapped by that slot's keeper and
// engine alone. What stands here is what an engine leaves to the next one. Sizes are given when it
// is made; memory is committed when first touched.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "shm/records/login.h"
#include "shm/records/paged_bytes.h"
#include "shm/records/request.h"
#include "shm/records/session.h"
#include "shm/records/upstream.h"

namespace loka::shm {

inline constexpr uint64_t kShardMagic = 0x4c4f4b4153484431;  // "LOKASHD1"
inline constexpr uint32_t kShardVersion = 1;
inline constexpr size_t kJournalBytes = 128 * 1024;
inline constexpr size_t kScratchBytes = 64 * 1024;

// What kinds of records a commit can hold. The first four live in the shard, the others in the
// slot's public part.
enum class RecordKind : uint16_t { kSession = 1, kUpstream, kRequest, kLogin, kMinerRow, kShares };
inline constexpr size_t kShardKinds = 4;

struct ShardSizes {
  uint32_t sessions = 20'000;
  uint32_t upstreams = 24'000;  // more than sessions: some drain after their miner has gone
  uint32_t requests = 65'536;
  uint32_t logins = 20'000;  // one public row each: at most kMinerRowsMax
  uint32_t pages = 65'536;
  bool operator==(const ShardSizes&) const = default;
};

// One connection at one place of its stream.
struct ConnectionName {
  uint32_t kind = 0;  // RecordKind::kSession or kUpstream; 0: none
  uint32_t index = kNobody;
  uint32_t generation = 0;
  uint32_t reserved = 0;
  uint64_t offset = 0;
  bool operator==(const ConnectionName&) const = default;
};

// Bytes that read() took from a socket and that no record has yet. `owner` is stored before read(),
// `length` right after it; if the engine dies in between, the kernel's count tells the length.
struct Scratch {
  ConnectionName owner;  // offset: stream offset of bytes[0]
  uint64_t length = 0;
  char bytes[kScratchBytes];
};

struct JournalArea {
  std::atomic<uint32_t> sealed{0};  // 1: `bytes` hold a whole commit that may be half in place
  uint32_t length = 0;
  alignas(8) char bytes[kJournalBytes];
};

struct ShardHeader {
  uint64_t magic = 0;
  uint32_t version = 0;
  ShardSizes sizes;
  std::atomic<uint32_t> wipe_reason{0};  // set by the keeper, counted by the next engine
  ConnectionName in_hand;                // the line or the record that is being handled now
  ConnectionName suspect;                // what was in hand at the last death that counts
  uint32_t suspect_deaths = 0;
  uint32_t kills_seen = 0;  // the keeper's kills when the suspect was last judged
  // Highest index ever used, so that nobody walks over memory that was never touched.
  std::array<uint32_t, kShardKinds> records_used{};
  uint32_t pages_used = 0;
};

// Bytes that a shard of these sizes needs, in whole pages.
[[nodiscard]] size_t shard_bytes(const ShardSizes& sizes = {});

// A view of the memory; copies see the same shard. Index 0 of every table is nobody.
class Shard {
 public:
  // Makes an empty shard of memory that is all zero and at least shard_bytes(sizes) long.
  static Shard format(void* memory, size_t bytes, const ShardSizes& sizes = {});
  // Whether there is a shard of this layout and these sizes; false on all-zero or foreign memory.
  static bool is_formatted(const void* memory, size_t bytes, const ShardSizes& sizes = {});
  // The memory must be formatted.
  explicit Shard(void* memory);

  [[nodiscard]] ShardHeader& header() const { return *header_; }
  [[nodiscard]] JournalArea& journal() const { return *journal_; }
  [[nodiscard]] Scratch& scratch() const { return *scratch_; }
  // capacity + 1 elements, the first unused.
  template <class R>
  [[nodiscard]] std::span<R> table() const;
  [[nodiscard]] std::span<Page> pages() const { return pages_; }

 private:
  ShardHeader* header_;
  JournalArea* journal_;
  Scratch* scratch_;
  std::span<Session> sessions_;
  std::span<Upstream> upstreams_;
  std::span<Request> requests_;
  std::span<Login> logins_;
  std::span<Page> pages_;
};

template <>
inline std::span<Session> Shard::table<Session>() const {
  return sessions_;
}
template <>
inline std::span<Upstream> Shard::table<Upstream>() const {
  return upstreams_;
}
template <>
inline std::span<Request> Shard::table<Request>() const {
  return requests_;
}
template <>
inline std::span<Login> Shard::table<Login>() const {
  return logins_;
}

template <class R>
inline constexpr RecordKind kKindOf = RecordKind::kSession;
template <>
inline constexpr RecordKind kKindOf<Upstream> = RecordKind::kUpstream;
template <>
inline constexpr RecordKind kKindOf<Request> = RecordKind::kRequest;
template <>
inline constexpr RecordKind kKindOf<Login> = RecordKind::kLogin;

}  // namespace loka::shm
