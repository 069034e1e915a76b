#include "tests/sim/world.h"

#include <algorithm>
#include <cstdio>

namespace loka::sim {
namespace {

constexpr uint16_t kFirstPoolPort = 4001;
constexpr Duration kLife = Duration::seconds(60);
// Longer than every limit on the way to an answer; then longer than a drain.
constexpr Duration kCalm = Duration::seconds(130);
constexpr Duration kFarewell = Duration::seconds(60);
constexpr Duration kCalmStep = Duration::milliseconds(200);

}  // namespace

void Scene::note(std::string_view who, std::string_view text) const {
  if (!is_verbose) return;
  const double now_s = (machine().now() - Instant::from_ns(1'000'000'000'000)).s();
  std::printf("%10.3f %-8.*s %.*s\n", now_s, static_cast<int>(who.size()), who.data(),
              static_cast<int>(text.size()), text.data());
}

World::World(uint64_t seed, bool is_verbose) : machine_(seed), scene_(seed ^ 0x5eed, is_verbose) {
  use_machine(&machine_);
  use_ledger(&ledger_);
  config_ = config();
  for (uint16_t i = 0; i < config_.pools.size(); ++i)
    pools_.push_back(std::make_unique<Pool>(scene_, heard_, i));
  machine_.on_connect = [this](const Wire& wire, uint16_t port) {
    pools_.at(port - kFirstPoolPort)->take(wire);
  };
  deaths_left_ = scene_.random.chance(20) ? 0 : scene_.random.below(30);
  death_distance_ = 20 + scene_.random.below(6000);
}

World::~World() {
  engine_.reset();
  use_ledger(nullptr);
  use_machine(nullptr);
}

config::Config World::config() {
  config::Config config;
  const uint64_t count = 2 + scene_.random.below(2);
  for (uint64_t i = 0; i < count; ++i) {
    config::Pool pool;
    pool.name = "pool" + std::to_string(i + 1);
    pool.address = {"10.0.0." + std::to_string(i + 1), static_cast<uint16_t>(kFirstPoolPort + i)};
    if (scene_.random.chance(30)) pool.username = "acct";
    pool.extranonce = scene_.random.chance(80);
    config.pools.push_back(pool);
  }
  if (scene_.random.chance(10)) config.limiter.connections = 15;
  return config;
}

// Now and then too few of something.
shm::ShardSizes World::sizes() {
  const auto some = [this](int64_t enough, int64_t few) {
    return static_cast<uint32_t>(scene_.random.chance(85) ? enough
                                                          : scene_.random.between(few / 8, few));
  };
  return {some(64, 40), some(96, 40), some(4096, 200), some(128, 60), some(2048, 100)};
}

std::optional<std::string> World::run() {
  try {
    live();
  } catch (const Failure& failure) {
    return failure.what;
  }
  return {};
}

void World::live() {
  engine_ = std::make_unique<EngineLife>(config_, sizes());
  revive(false);
  doom();
  const uint64_t miners_max = 20 + scene_.random.below(41);
  const Instant end = machine_.now() + kLife;
  while (machine_.now() < end) {
    if (miners_.size() < miners_max && scene_.random.chance(5))
      miners_.push_back(std::make_unique<Miner>(scene_, static_cast<uint32_t>(miners_.size() + 1)));
    if (scene_.random.next() % 2000 == 0) change_configuration();
    step(Duration::milliseconds(scene_.random.between(1, 40)));
  }
  scene_.is_calm = true;
  machine_.doom(0);
  for (const Instant calm = end + kCalm; machine_.now() < calm;) step(kCalmStep);
  for (const auto& miner : miners_) miner->check_satisfied();
  for (const auto& miner : miners_) miner->leave();
  for (const Instant bye = machine_.now() + kFarewell; machine_.now() < bye;) step(kCalmStep);
  check_books();
  tally_.commits = ledger_.commits();
  tally_.miners = miners_.size();
  tally_.submits = ledger_.submits_named();
  tally_.accepted = engine_->slot().shares.own().accepted;
}

void World::step(Duration time) {
  machine_.pass(time);
  machine_.carry();
  for (const auto& pool : pools_) pool->act();
  for (const auto& miner : miners_) miner->act();
  run_engine();
  if (machine_.now().ns() < next_check_ns_) return;
  next_check_ns_ = (machine_.now() + Duration::seconds(1)).ns();
  for (const auto& miner : miners_) miner->check_patience();
}

void World::run_engine() {
  try {
    engine_->turn();
  } catch (const EngineDeath& death) {
    ++tally_.deaths;
    scene_.note("engine", "dies");
    revive(death.is_of_a_line || scene_.random.chance(10));
    doom();
  }
}

void World::revive(bool death_counts) {
  for (;;) {
    engine_->bury();
    try {
      engine_->start(death_counts);
      return;
    } catch (const EngineDeath& death) {
      ++tally_.deaths;
      scene_.note("engine", "dies while it recovers");
      doom();
      death_counts = death.is_of_a_line;
    }
  }
}

void World::doom() {
  machine_.doom(0);
  if (deaths_left_ == 0 || scene_.is_calm) return;
  --deaths_left_;
  machine_.doom(1 + scene_.random.below(scene_.random.chance(30) ? 60 : death_distance_));
}

void World::change_configuration() {
  if (scene_.random.chance(50)) {
    std::reverse(config_.pools.begin(), config_.pools.end());
  } else if (config_.pools.size() > 1) {
    config_.pools.pop_back();
  }
  scene_.note("engine", "has another configuration");
  try {
    engine_->use(config_);
  } catch (const EngineDeath&) {
    revive(false);
    doom();
  }
}

void World::check_books() const {
  ledger_.check_empty();
  if (!machine_.descriptors().empty()) fail("sockets were left open");
  const shm::ShareBlock shares = engine_->slot().shares.own();
  uint64_t submits = 0;
  uint64_t accepted = 0;
  uint64_t refused = 0;
  for (const auto& miner : miners_) {
    submits += miner->submits();
    accepted += miner->accepted();
    refused += miner->refused();
  }
  if (shares.submitted > submits) fail("more shares were counted than submitted");
  if (shares.submitted < accepted + refused) fail("fewer shares were counted than answered");
  if (shares.accepted < accepted) fail("more shares were said to be accepted than counted");
  if (shares.accepted + shares.late_accepted > heard_.accepted)
    fail("more shares were counted as accepted than pools accepted");
}

}  // namespace loka::sim
