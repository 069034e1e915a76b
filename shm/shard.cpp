#include "shm/shard.h"

#include <new>

#include "common/base/check.h"
#include "shm/layout.h"

namespace loka::shm {
namespace {

// Where each part begins. All parts are cache-line aligned.
struct Offsets {
  size_t header = 0;
  size_t journal = 0;
  size_t scratch = 0;
  size_t sessions = 0;
  size_t upstreams = 0;
  size_t requests = 0;
  size_t logins = 0;
  size_t pages = 0;
  size_t end = 0;
};

constexpr size_t aligned(size_t offset, size_t alignment) {
  return (offset + alignment - 1) / alignment * alignment;
}

Offsets offsets_for(const ShardSizes& sizes) {
  Offsets o;
  size_t at = sizeof(ShardHeader);
  const auto place = [&at](size_t bytes, size_t alignment) {
    const size_t begin = aligned(at, alignment);
    at = begin + bytes;
    return begin;
  };
  o.journal = place(sizeof(JournalArea), kPageBytes);
  o.scratch = place(sizeof(Scratch), kPageBytes);
  o.sessions = place(sizeof(Session) * (sizes.sessions + size_t{1}), 64);
  o.upstreams = place(sizeof(Upstream) * (sizes.upstreams + size_t{1}), 64);
  o.requests = place(sizeof(Request) * (sizes.requests + size_t{1}), 64);
  o.logins = place(sizeof(Login) * (sizes.logins + size_t{1}), 64);
  o.pages = place(sizeof(Page) * (sizes.pages + size_t{1}), kPageBytes);
  o.end = whole_pages(at);
  return o;
}

}  // namespace

size_t shard_bytes(const ShardSizes& sizes) { return offsets_for(sizes).end; }

Shard::Shard(void* memory) {
  auto* const bytes = static_cast<char*>(memory);
  header_ = reinterpret_cast<ShardHeader*>(bytes);
  const ShardSizes& sizes = header_->sizes;
  const Offsets o = offsets_for(sizes);
  journal_ = reinterpret_cast<JournalArea*>(bytes + o.journal);
  scratch_ = reinterpret_cast<Scratch*>(bytes + o.scratch);
  sessions_ = {reinterpret_cast<Session*>(bytes + o.sessions), sizes.sessions + size_t{1}};
  upstreams_ = {reinterpret_cast<Upstream*>(bytes + o.upstreams), sizes.upstreams + size_t{1}};
  requests_ = {reinterpret_cast<Request*>(bytes + o.requests), sizes.requests + size_t{1}};
  logins_ = {reinterpret_cast<Login*>(bytes + o.logins), sizes.logins + size_t{1}};
  pages_ = {reinterpret_cast<Page*>(bytes + o.pages), sizes.pages + size_t{1}};
}

Shard Shard::format(void* memory, size_t bytes, const ShardSizes& sizes) {
  CHECK(bytes >= shard_bytes(sizes));
  auto* const header = new (memory) ShardHeader;
  header->sizes = sizes;
  header->version = kShardVersion;
  header->magic = kShardMagic;  // last: an engine that dies before this leaves an unformatted shard
  return Shard(memory);
}

bool Shard::is_formatted(const void* memory, size_t bytes, const ShardSizes& sizes) {
  if (bytes < shard_bytes(sizes)) return false;
  const auto* const header = static_cast<const ShardHeader*>(memory);
  return header->magic == kShardMagic && header->version == kShardVersion && header->sizes == sizes;
}

}  // namespace loka::shm
