#include "shm/store.h"

#include <cstring>

#include "shm/journal.h"

namespace loka::shm {
namespace {

template <class R>
bool put_record(std::span<R> table, uint32_t index, std::span<const char> bytes) {
  if (index == kNobody || index >= table.size() || bytes.size() != sizeof(R)) return false;
  std::memcpy(&table[index], bytes.data(), sizeof(R));
  return true;
}

// The highest index used is data after a death: never beyond the table.
uint32_t& bounded(uint32_t& used, size_t table_size) {
  if (used >= table_size) used = static_cast<uint32_t>(table_size - 1);
  return used;
}

}  // namespace

Store::Store(Shard shard, Slot& slot)
    : shard_(shard),
      slot_(slot),
      sessions_(shard.table<Session>(),
                bounded(shard.header().records_used[0], shard.table<Session>().size())),
      upstreams_(shard.table<Upstream>(),
                 bounded(shard.header().records_used[1], shard.table<Upstream>().size())),
      requests_(shard.table<Request>(),
                bounded(shard.header().records_used[2], shard.table<Request>().size())),
      logins_(shard.table<Login>(),
              bounded(shard.header().records_used[3], shard.table<Login>().size())),
      pages_(shard.pages(), bounded(shard.header().pages_used, shard.pages().size())) {}

bool Store::put(RecordKind kind, uint32_t index, std::span<const char> bytes) {
  switch (kind) {
    case RecordKind::kSession:
      return put_record(shard_.table<Session>(), index, bytes);
    case RecordKind::kUpstream:
      return put_record(shard_.table<Upstream>(), index, bytes);
    case RecordKind::kRequest:
      return put_record(shard_.table<Request>(), index, bytes);
    case RecordKind::kLogin:
      return put_record(shard_.table<Login>(), index, bytes);
    case RecordKind::kMinerRow: {
      if (index == kNobody || index > kMinerRowsMax || bytes.size() != sizeof(MinerRow))
        return false;
      MinerRow row;
      std::memcpy(&row, bytes.data(), sizeof row);
      slot_.miners[index - 1].write(row);
      return true;
    }
    case RecordKind::kShares: {
      if (bytes.size() != sizeof(ShareBlock)) return false;
      ShareBlock shares;
      std::memcpy(&shares, bytes.data(), sizeof shares);
      slot_.shares.write(shares);
      return true;
    }
  }
  return false;
}

bool Store::finish_sealed_commit() {
  Journal journal(shard_.journal());
  if (!journal.is_sealed()) return false;
  journal.each([this](RecordKind kind, uint32_t index, std::span<const char> bytes) {
    return put(kind, index, bytes);
  });
  journal.unseal();
  sessions_.rebuild();
  upstreams_.rebuild();
  requests_.rebuild();
  logins_.rebuild();
  return true;
}

}  // namespace loka::shm
