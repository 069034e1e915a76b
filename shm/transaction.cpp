#include "shm/transaction.h"

#include "common/base/check.h"

namespace loka::shm {

Transaction::Transaction(Store& store) : store_(store), journal_(store.shard().journal()) {
  closed_.reserve(kTouchedMax);
  released_.reserve(1024);
}

void Transaction::begin() {
  count_ = 0;
  journal_.begin();
}

void* Transaction::lay_out(RecordKind kind, uint32_t index, size_t bytes) {
  CHECK(count_ < kTouchedMax);
  void* const copy = journal_.lay_out(kind, index, bytes);
  touched_[count_] = {kind, index};
  copies_[count_] = copy;
  ++count_;
  return copy;
}

MinerRow& Transaction::miner_row(uint32_t index) {
  if (void* copy = find(RecordKind::kMinerRow, index)) return *static_cast<MinerRow*>(copy);
  CHECK(index != kNobody && index <= kMinerRowsMax);
  auto* const copy =
      static_cast<MinerRow*>(lay_out(RecordKind::kMinerRow, index, sizeof(MinerRow)));
  *copy = store_.slot().miners[index - 1].own();
  return *copy;
}

ShareBlock& Transaction::shares() {
  if (void* copy = find(RecordKind::kShares, 1)) return *static_cast<ShareBlock*>(copy);
  auto* const copy = static_cast<ShareBlock*>(lay_out(RecordKind::kShares, 1, sizeof(ShareBlock)));
  *copy = store_.slot().shares.own();
  return *copy;
}

void Transaction::commit() {
  journal_.seal();
  const bool all_put =
      journal_.each([this](RecordKind kind, uint32_t index, std::span<const char> bytes) {
        return store_.put(kind, index, bytes);
      });
  CHECK(all_put);
  journal_.unseal();
  for (const Touched& closed : closed_) {
    switch (closed.kind) {
      case RecordKind::kSession:
        store_.table<Session>().give(closed.index);
        break;
      case RecordKind::kUpstream:
        store_.table<Upstream>().give(closed.index);
        break;
      case RecordKind::kRequest:
        store_.table<Request>().give(closed.index);
        break;
      case RecordKind::kLogin:
        store_.table<Login>().give(closed.index);
        break;
      case RecordKind::kMinerRow:
      case RecordKind::kShares:
        break;
    }
  }
  closed_.clear();
  for (const uint32_t page : released_) store_.pages().give(page);
  released_.clear();
}

}  // namespace loka::shm
