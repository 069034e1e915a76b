#include "supervisor/totals.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "common/base/utf8.h"

using namespace loka;
using namespace loka::supervisor;

namespace {

constexpr Instant kNow = Instant::from_ns(1'000'000'000'000);
constexpr pid_t kKeeper = 4711;

// Two slots of plain memory as the public segment has them, both serving; and one pool.
struct Fixture {
  Fixture() {
    config.pools.resize(2);
    config.pools[0].name = "primary";
    config.pools[0].address = {"pool.example.com", 3333};
    config.pools[1].name = "spare";
    config.pools[1].address = {"spare.example.com", 3333};
    service.config = &config;
    service.config_file = "/etc/loka/loka.yaml";
    service.generation = 3;
    service.started_at = kNow - Duration::seconds(90);
    service.is_ready = true;
    service.connections_max = 1000;
    for (uint32_t i = 0; i < 2; ++i) {
      memory.push_back(std::make_unique<shm::Slot>());
      auto& slot = *memory.back();
      slot.keeper.keeper_pid.store(kKeeper + i);
      slot.keeper.engine_pid.store(5000 + i);
      slot.keeper.epoch.store(1);
      slot.keeper.state.store(shm::SlotState::kServing);
      slot.engine.serving.store(1);
      slot.engine.heartbeat_ns.store((kNow - Duration::milliseconds(40)).ns());
      slots.push_back({.number = i + 1,
                       .memory = &slot,
                       .keeper_pid = kKeeper + static_cast<pid_t>(i),
                       .was_ever_started = true});
    }
  }

  control::Status status() { return totals.status(service, slots, kNow); }
  void put_shares(uint32_t slot, const shm::ShareBlock& block) {
    memory[slot - 1]->shares.write(block);
  }
  void put_miner(uint32_t slot, uint32_t row, const char* login) {
    shm::MinerRow miner;
    miner.in_use = 1;
    miner.login.assign(login);
    memory[slot - 1]->miners[row].write(miner);
    auto& used = memory[slot - 1]->engine.miner_rows_used;
    used.store(std::max(used.load(), row + 1));
  }

  config::Config config;
  ServiceView service;
  std::vector<std::unique_ptr<shm::Slot>> memory;
  std::vector<SlotView> slots;
  Totals totals{2};
};

shm::ShareBlock shares_of_one_submit(uint64_t shm::ShareBlock::* state) {
  shm::ShareBlock block;
  block.submitted = 1;
  block.*state = 1;
  return block;
}

// A seqlock whose writer died in the middle: its first four bytes are the sequence.
template <class T>
void leave_odd(shm::Seqlock<T>& lock) {
  reinterpret_cast<std::atomic<uint32_t>&>(lock).fetch_or(1U);
}

bool has_warning(const control::Status& status, std::string_view part) {
  for (const auto& warning : status.warnings) {
    if (warning.find(part) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("totals: a quiet service is healthy and says who it is") {
  Fixture fixture;
  const auto status = fixture.status();
  CHECK(status.state == "healthy");
  CHECK(status.warnings.empty());
  CHECK(status.uptime_s == 90);
  CHECK(status.mode == "passthrough");
  CHECK(status.config_file == "/etc/loka/loka.yaml");
  CHECK(status.config_generation == 3);
  REQUIRE(status.workers.size() == 2);
  CHECK(status.workers[1].slot == 2);
  CHECK(status.workers[1].state == "serving");
  CHECK(status.workers[1].keeper_pid == kKeeper + 1);
  CHECK(status.workers[1].engine_pid == 5001);
  CHECK(status.workers[1].heartbeat_age_ms == 40);
  REQUIRE(status.pools.size() == 2);
  CHECK(status.pools[0].name == "primary");
  CHECK(status.pools[0].url == "stratum+tcp://pool.example.com:3333");
  CHECK(status.pools[0].role == "active");
  CHECK(status.pools[1].role == "standby");
}

TEST_CASE("totals: shares of all slots are added, each state by itself") {
  Fixture fixture;
  shm::ShareBlock one{.submitted = 55,
                      .accepted = 1,
                      .local = 2,
                      .rejected = 3,
                      .stale = 4,
                      .duplicate = 5,
                      .low_difficulty = 6,
                      .invalid = 7,
                      .unanswered = 8,
                      .in_flight = 19,
                      .late_accepted = 10,
                      .late_rejected = 11,
                      .pools = {},
                      .hashrate = {}};
  fixture.put_shares(1, one);
  fixture.put_shares(2, shares_of_one_submit(&shm::ShareBlock::stale));
  const auto shares = fixture.status().shares;
  CHECK(shares == control::Shares{56, 1, 2, 3, 5, 5, 6, 7, 8, 19, 10, 11});
  CHECK(shares.missing() == 0);
}

TEST_CASE("totals: sums hold while a block is hidden by a writer that died") {
  Fixture fixture;
  fixture.put_shares(1, shares_of_one_submit(&shm::ShareBlock::accepted));
  CHECK(fixture.status().shares.accepted == 1);
  leave_odd(fixture.memory[0]->shares);
  const auto shares = fixture.status().shares;
  CHECK(shares.submitted == 1);
  CHECK(shares.accepted == 1);
  fixture.put_shares(1, shares_of_one_submit(&shm::ShareBlock::rejected));
  CHECK(fixture.status().shares.rejected == 1);
}

TEST_CASE("totals: figures that are no numbers count as nothing") {
  Fixture fixture;
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity(), -1.0}) {
    shm::ShareBlock block;
    block.hashrate.difficulty_sum = {bad, bad, bad};
    block.hashrate.started_ns = 1;
    block.hashrate.updated_ns = kNow.ns();
    fixture.put_shares(1, block);
    const auto rate = fixture.status().hashrate_hs;
    CHECK(rate == control::HashrateHs{0, 0, 0});
  }
}

TEST_CASE("totals: counts that no slot can have are cut") {
  Fixture fixture;
  fixture.memory[0]->engine.sessions.store(UINT32_MAX);
  fixture.memory[0]->engine.authorized.store(UINT32_MAX);
  const auto status = fixture.status();
  CHECK(status.miners_connected == shm::kMinerRowsMax);
  CHECK(status.miners_authorized == shm::kMinerRowsMax);
}

TEST_CASE("totals: a state and a heartbeat that nobody of ours wrote do no harm") {
  Fixture fixture;
  fixture.memory[0]->keeper.state.store(static_cast<shm::SlotState>(77));
  fixture.memory[0]->engine.serving.store(0);
  fixture.memory[0]->engine.heartbeat_ns.store(std::numeric_limits<int64_t>::max());
  fixture.memory[1]->engine.heartbeat_ns.store(std::numeric_limits<int64_t>::min());
  const auto workers = fixture.totals.workers(fixture.service, fixture.slots, kNow).workers;
  CHECK(workers[0].state == "failed");
  CHECK(workers[0].heartbeat_age_ms == 0);
  CHECK(workers[1].heartbeat_age_ms == 0);
}

TEST_CASE("totals: a slot that does not serve makes the service degraded, with a sentence") {
  Fixture fixture;
  SUBCASE("it stops") { fixture.memory[1]->keeper.state.store(shm::SlotState::kStopping); }
  SUBCASE("it has no engine") { fixture.memory[1]->keeper.engine_pid.store(0); }
  SUBCASE("its listeners are not armed") { fixture.memory[1]->engine.serving.store(0); }
  SUBCASE("its keeper has died") { fixture.slots[1].keeper_pid = 0; }
  SUBCASE("its lines are those of the keeper before") { fixture.slots[1].keeper_pid = 9999; }
  const auto status = fixture.status();
  CHECK(status.state == "degraded");
  CHECK(has_warning(status, "worker 2 does not serve"));
  CHECK(engine_serves(fixture.slots[0]));
  CHECK_FALSE(engine_serves(fixture.slots[1]));
}

TEST_CASE("totals: what a worker is called when its keeper does not run") {
  Fixture fixture;
  fixture.slots[0].keeper_pid = 0;
  fixture.slots[1].keeper_pid = 0;
  fixture.slots[1].was_ever_started = false;
  auto workers = fixture.totals.workers(fixture.service, fixture.slots, kNow).workers;
  CHECK(workers[0].state == "backoff");
  CHECK(workers[0].engine_pid == 0);
  CHECK(workers[1].state == "starting");
  fixture.service.is_stopping = true;
  workers = fixture.totals.workers(fixture.service, fixture.slots, kNow).workers;
  CHECK(workers[0].state == "stopping");
}

TEST_CASE("totals: a worker serves from its engine's word on, before its keeper has noticed") {
  Fixture fixture;
  fixture.memory[0]->keeper.state.store(shm::SlotState::kRecovering);
  CHECK(fixture.status().workers[0].state == "serving");
  fixture.memory[0]->engine.serving.store(0);
  CHECK(fixture.status().workers[0].state == "recovering");
}

TEST_CASE("totals: starting and stopping go before degraded") {
  Fixture fixture;
  fixture.memory[0]->engine.serving.store(0);
  fixture.service.is_ready = false;
  CHECK(fixture.status().state == "starting");
  fixture.service.is_stopping = true;
  CHECK(fixture.status().state == "stopping");
}

TEST_CASE("totals: a failed pool makes the service degraded and the next one active") {
  Fixture fixture;
  fixture.memory[0]->pools[0].last_failure_ns.store(kNow.ns() - 1000);
  const auto status = fixture.status();
  CHECK(status.state == "degraded");
  CHECK(has_warning(status, "pool primary does not answer"));
  CHECK(status.pools[0].state == "failed");
  CHECK(status.pools[0].role == "standby");
  CHECK(status.pools[1].role == "active");
  CHECK(status_line(status) == "degraded: 0 miners, 0 H/s, pool spare healthy");
}

TEST_CASE("totals: a pool's figures follow it to another position, slot by slot") {
  Fixture fixture;
  const auto put = [&](uint32_t slot, size_t position, uint64_t identity, unsigned connections) {
    auto& line = fixture.memory[slot - 1]->pools[position];
    line.identity.store(identity);
    line.connections.store(connections);
    shm::ShareBlock block = fixture.memory[slot - 1]->shares.own();
    block.pools[position] = {.identity = identity, .accepted = connections * 10, .rejected = 0};
    fixture.put_shares(slot, block);
  };
  // The second slot has not yet taken over the configuration that put the pools the other way
  // round.
  fixture.memory[0]->engine.config_generation.store(3);
  fixture.memory[1]->engine.config_generation.store(2);
  put(1, 0, 111, 1);
  put(1, 1, 222, 2);
  put(2, 0, 222, 20);
  put(2, 1, 111, 10);
  auto pools = fixture.totals.pools(fixture.service, fixture.slots, kNow).pools;
  CHECK(pools[0].connections == 11);
  CHECK(pools[0].accepted == 110);
  CHECK(pools[1].connections == 22);
  // A pool that the second slot does not know yet adds nothing from there.
  put(2, 1, 333, 10);
  pools = fixture.totals.pools(fixture.service, fixture.slots, kNow).pools;
  CHECK(pools[0].connections == 1);
  CHECK(pools[0].accepted == 10);
}

TEST_CASE("totals: from 90 % of the connections on there is a warning, but no degradation") {
  Fixture fixture;
  fixture.memory[0]->engine.sessions.store(899);
  CHECK(fixture.status().warnings.empty());
  fixture.memory[1]->engine.sessions.store(1);
  const auto status = fixture.status();
  CHECK(status.state == "healthy");
  CHECK(has_warning(status, "900 of 1000"));
}

TEST_CASE("totals: a miner is found by its login and by the worker name in it") {
  Fixture fixture;
  shm::MinerRow row;
  row.in_use = 1;
  row.login.assign("farm.rig7.left");
  fixture.memory[1]->miners[0].write(row);
  fixture.memory[1]->engine.miner_rows_used.store(1);
  const auto found = [&fixture](std::string_view name) {
    return fixture.totals.miners(fixture.service, fixture.slots, name, kNow).miners.size();
  };
  CHECK(found("farm.rig7.left") == 1);
  CHECK(found("rig7.left") == 1);
  CHECK(found("left") == 0);
  CHECK(found("farm") == 0);
  CHECK(found("") == 0);
}

TEST_CASE("totals: miners are listed with what their rows say") {
  Fixture fixture;
  shm::MinerRow row;
  row.in_use = 1;
  row.login.assign("farm.rig7");
  row.agent.assign("cgminer/4.11");
  row.address = {*IpAddress::parse("10.0.3.17"), 40000};
  row.pool = 1;
  row.difficulty = 512.5;
  row.connected_ns = (kNow - Duration::seconds(60)).ns();
  row.last_share_ns = (kNow - Duration::seconds(2)).ns();
  row.submitted = 9;
  row.accepted = 6;
  row.rejected = 2;
  row.unanswered = 1;
  fixture.memory[1]->miners[0].write(row);
  fixture.memory[1]->engine.miner_rows_used.store(1);
  const auto miners =
      fixture.totals.miners(fixture.service, fixture.slots, std::nullopt, kNow).miners;
  REQUIRE(miners.size() == 1);
  const control::MinerEntry expected{.login = "farm.rig7",
                                     .address = "10.0.3.17:40000",
                                     .agent = "cgminer/4.11",
                                     .pool = "spare",
                                     .slot = 2,
                                     .difficulty = 512.5,
                                     .hashrate_hs = {},
                                     .submitted = 9,
                                     .accepted = 6,
                                     .rejected = 2,
                                     .unanswered = 1,
                                     .last_share_s = 2.0,
                                     .connected_s = 60.0};
  CHECK(miners[0] == expected);
}

TEST_CASE("totals: one login is found, wherever it is") {
  Fixture fixture;
  fixture.put_miner(1, 0, "farm.rig1");
  fixture.put_miner(2, 5, "farm.rig7");
  fixture.put_miner(2, 9, "farm.rig7");
  const auto ask = [&](std::string_view login) {
    return fixture.totals.miners(fixture.service, fixture.slots, login, kNow).miners.size();
  };
  CHECK(ask("farm.rig1") == 1);
  CHECK(ask("farm.rig7") == 2);
  CHECK(ask("farm.rig") == 0);
}

TEST_CASE("totals: rows are read as far as the engine ever used them, and no further") {
  Fixture fixture;
  fixture.put_miner(1, 0, "a");
  fixture.put_miner(1, shm::kMinerRowsMax - 1, "z");
  const auto count = [&] {
    return fixture.totals.miners(fixture.service, fixture.slots, std::nullopt, kNow).miners.size();
  };
  CHECK(count() == 2);
  fixture.memory[0]->engine.miner_rows_used.store(shm::kMinerRowsMax - 1);
  CHECK(count() == 1);
}

TEST_CASE("totals: a row's text is made safe and its numbers finite") {
  Fixture fixture;
  shm::MinerRow row;
  row.in_use = 1;
  row.login.assign("rig\x1b[31m\xff\n\"x\"");
  row.difficulty = std::nan("");
  row.pool = 999;
  row.last_share_ns = std::numeric_limits<int64_t>::max();
  row.connected_ns = -5;
  fixture.memory[0]->miners[0].write(row);
  fixture.memory[0]->engine.miner_rows_used.store(1);
  const auto miners =
      fixture.totals.miners(fixture.service, fixture.slots, std::nullopt, kNow).miners;
  REQUIRE(miners.size() == 1);
  CHECK(is_valid_utf8(miners[0].login));
  CHECK(miners[0].login.find('\x1b') == std::string::npos);
  CHECK(miners[0].login.find('\n') == std::string::npos);
  CHECK(miners[0].difficulty == 0);
  CHECK(miners[0].pool.empty());
  CHECK(miners[0].last_share_s == 0.0);
  CHECK(miners[0].connected_s == 0.0);
}

TEST_CASE("totals: a length beyond its text is cut") {
  Fixture fixture;
  shm::MinerRow row;
  row.in_use = 1;
  const uint16_t length = 0xffff;
  std::memcpy(static_cast<void*>(&row.login), &length,
              sizeof length);  // FixedString begins with its size
  fixture.memory[0]->miners[0].write(row);
  fixture.memory[0]->engine.miner_rows_used.store(1);
  const auto miners =
      fixture.totals.miners(fixture.service, fixture.slots, std::nullopt, kNow).miners;
  REQUIRE(miners.size() == 1);
  CHECK(miners[0].login.size() <= 3 * row.login.capacity());
}

TEST_CASE("totals: a row that is being written is left out, the others stay") {
  Fixture fixture;
  fixture.put_miner(1, 0, "torn");
  fixture.put_miner(1, 1, "whole");
  leave_odd(fixture.memory[0]->miners[0]);
  const auto miners =
      fixture.totals.miners(fixture.service, fixture.slots, std::nullopt, kNow).miners;
  REQUIRE(miners.size() == 1);
  CHECK(miners[0].login == "whole");
}

TEST_CASE("totals: the fullest table fits one frame") {
  Fixture fixture;
  fixture.config.pools[0].name = std::string(64, '"');
  shm::MinerRow row;
  row.in_use = 1;
  row.login.assign(std::string(128, '"'));
  row.agent.assign(std::string(64, '\\'));
  row.address.ip.bytes.fill(0xfd);
  row.difficulty = 1.2345678901234567e-300;
  row.submitted = row.accepted = row.rejected = row.unanswered = UINT64_MAX;
  for (auto& memory : fixture.memory) {
    for (auto& cell : memory->miners) cell.write(row);
    memory->engine.miner_rows_used.store(UINT32_MAX);
  }
  const auto miners = fixture.totals.miners(fixture.service, fixture.slots, std::nullopt, kNow);
  CHECK(miners.miners.size() == kMinersShownMax);
  CHECK(miners.omitted == 2 * shm::kMinerRowsMax - kMinersShownMax);
  CHECK(control::to_json(miners).size() < 16U * 1024 * 1024);
}

TEST_CASE("totals: the status line names hashrate and pool as people do") {
  control::Status status;
  status.state = "healthy";
  status.miners_connected = 50;
  status.hashrate_hs.m5 = 1.21e12;
  control::PoolEntry pool;
  pool.name = "primary";
  pool.state = "healthy";
  pool.role = "active";
  status.pools.push_back(pool);
  CHECK(status_line(status) == "healthy: 50 miners, 1.21 TH/s, pool primary healthy");
  status.pools[0].role = "standby";
  status.hashrate_hs.m5 = 5e27;
  CHECK(status_line(status) == "healthy: 50 miners, 5e+06 ZH/s, no pool works");
}
