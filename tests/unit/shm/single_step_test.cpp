// One commit, stepped through instruction by instruction: whatever prefix of it a dying engine got
// done, the next engine finds the state before it or the state after it, whole.
#include <csignal>
#include <cstring>
#include <vector>

#include <doctest/doctest.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shm/transaction.h"
#include "tests/unit/shm/small_store.h"

namespace loka::shm {
namespace {

// What a line does: a submit that is forwarded. Kept small, because every instruction of it costs a
// recovery.
void one_line(Transaction& tx) {
  tx.begin();
  Session& session = tx.edit<Session>(1);
  session.in.position += 10;
  session.in.end += 10;
  session.next_difficulty += 1;
  Upstream& upstream = tx.edit<Upstream>(1);
  ++upstream.next_id;
  ++upstream.open_requests;
  check(tx.append(upstream.out, "a line for the pool\n"));
  const uint32_t request = tx.open<Request>();
  tx.edit<Request>(request).number = upstream.next_id;
  upstream.last_request = request;
  ++tx.shares().submitted;
  ++tx.shares().in_flight;
  ++tx.miner_row(1).submitted;
  tx.commit();
}

// What must agree with each other, whichever state it is.
struct Seen {
  uint64_t position = 0;
  uint32_t next_id = 0;
  uint32_t requests = 0;
  uint64_t submitted = 0;
  uint64_t in_flight = 0;
  uint64_t row = 0;
  uint64_t out = 0;
  bool operator==(const Seen&) const = default;
};

Seen look(Store& store, Slot& slot) {
  Seen seen;
  seen.position = store.table<Session>()[1].in.position;
  seen.next_id = store.table<Upstream>()[1].next_id;
  for (uint32_t i = 1; i <= kFewRecords.requests; ++i)
    seen.requests += store.table<Request>().holds(i) ? 1U : 0U;
  seen.submitted = slot.shares.own().submitted;
  seen.in_flight = slot.shares.own().in_flight;
  seen.row = slot.miners[0].own().submitted;
  seen.out = store.table<Upstream>()[1].out.waiting();
  return seen;
}

// The bytes of the slot that this commit can reach; the miners behind the first are left out.
constexpr size_t kSlotBytes = offsetof(Slot, miners) + sizeof(Seqlock<MinerRow>) * 2;

// Recovers a copy of the memory as it is now, twice, and tells what it finds.
Seen recover_copy(const SmallStore& original, SmallStore& copy) {
  std::memcpy(copy.shard_memory.data(), original.shard_memory.data(), original.shard_memory.size());
  std::memcpy(copy.slot_memory.data(), original.slot_memory.data(), kSlotBytes);
  Store next(Shard(copy.shard_memory.data()), copy.slot);
  next.finish_sealed_commit();
  CHECK_FALSE(next.finish_sealed_commit());
  next.pages().begin_claims();
  CHECK(next.pages().claim(next.table<Upstream>()[1].out));
  next.pages().end_claims();
  ShareBlock shares;
  CHECK(copy.slot.shares.read(shares));  // its sequence is even again
  MinerRow row;
  CHECK(copy.slot.miners[0].read(row));
  return look(next, copy.slot);
}

TEST_CASE("journal: a commit cut off after any instruction is before or after, never between") {
  SmallStore original;
  SmallStore copy;
  Transaction tx(original.store);
  tx.begin();
  REQUIRE(tx.open<Session>() == 1);
  REQUIRE(tx.open<Upstream>() == 1);
  tx.commit();
  one_line(tx);  // once before, so that nothing is touched for the first time
  const Seen before = look(original.store, original.slot);

  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    ::raise(SIGSTOP);
    one_line(tx);
    ::raise(SIGSTOP);
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSTOPPED(status));

  Seen after = before;
  bool has_changed = false;
  int steps = 0;
  int between = 0;
  std::vector<Seen> found;
  for (;;) {
    REQUIRE(::ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) == 0);
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSTOPPED(status));
    if (WSTOPSIG(status) == SIGSTOP) break;
    ++steps;
    const Seen seen = recover_copy(original, copy);
    if (seen == before && !has_changed) continue;
    if (!has_changed) {
      has_changed = true;
      after = seen;
    }
    if (seen != after) ++between;
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, &status, 0);

  CHECK(steps > 100);
  CHECK(has_changed);
  CHECK(between == 0);
  CHECK(after.position == before.position + 10);
  CHECK(after.next_id == before.next_id + 1);
  CHECK(after.requests == before.requests + 1);
  CHECK(after.submitted == before.submitted + 1);
  CHECK(after.in_flight == before.in_flight + 1);
  CHECK(after.row == before.row + 1);
  CHECK(after.out == before.out + 20);
  CHECK(look(original.store, original.slot) == after);
}

}  // namespace
}  // namespace loka::shm
