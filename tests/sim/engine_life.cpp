#include "tests/sim/engine_life.h"

#include <array>
#include <cstdlib>
#include <cstring>

#include <unistd.h>

#include "common/base/check.h"
#include "tests/sim/ledger.h"

namespace loka::sim {
namespace {

constexpr Duration kTickInterval = Duration::milliseconds(50);
constexpr std::array kListeners = {kListener};

shm::PublicSegment segment() {
  auto made = shm::PublicSegment::create(1, machine().now(), 0);
  CHECK(made.has_value());
  return std::move(*made);
}

shm::OwnSlot own_slot(const shm::PublicSegment& segment) {
  auto mapped = shm::OwnSlot::map(segment.descriptor(), 1);
  CHECK(mapped.has_value());
  ::close(segment.descriptor());  // the mappings stay
  return std::move(*mapped);
}

void* zeroed(size_t bytes) {
  void* const memory = std::aligned_alloc(shm::kPageBytes, shm::whole_pages(bytes));
  CHECK(memory != nullptr);
  std::memset(memory, 0, bytes);
  return memory;
}

}  // namespace

EngineLife::EngineLife(config::Config config, const shm::ShardSizes& sizes)
    : config_(std::move(config)),
      segment_(segment()),
      slot_(own_slot(segment_)),
      memory_(zeroed(shm::shard_bytes(sizes))) {
  shm::Shard::format(memory_.get(), shm::shard_bytes(sizes), sizes);
}

EngineLife::~EngineLife() { bury(); }

void EngineLife::bury() {
  ledger().watch(nullptr);
  ledger().forget_line();
  machine().forget_watches();
  serving_.reset();
  store_.reset();
}

void EngineLife::start(bool last_death_counts) {
  store_ = std::make_unique<shm::Store>(shm::Shard(memory_.get()), *slot_);
  const worker::Recovered recovered =
      worker::recover(*store_, kListeners, {}, last_death_counts, [] {});
  ledger().watch(store_.get());
  if (!recovered.broken.empty()) fail("a record did not pass its checks at recovery");
  serving_ = std::make_unique<worker::Serving>(nullptr, *store_, segment_, kListeners, ++engines_);
  serving_->use(config_);
  take_over(recovered);
  serving_->start_accepting();
}

void EngineLife::take_over(const worker::Recovered& recovered) {
  for (const auto& one : recovered.sound) serving_->attach(one.kind, one.index);
  for (const auto& one : recovered.begin_again) serving_->dial_again(one.index);
  for (const auto& one : recovered.poison)
    serving_->close_alone(one.kind, one.index, shm::Counter::kSessionsPoison);
  if (!recovered.unread.empty())
    serving_->resume_with(recovered.unread_of.kind, recovered.unread_of.index,
                          recovered.unread_generation, recovered.unread);
  for (const auto& accept : recovered.adopted) serving_->adopt(accept.socket, accept.peer);
  serving_->resume();
}

void EngineLife::turn() {
  serving_->begin_turn();
  machine().poll();
  if (machine().now() < next_tick_) return;
  next_tick_ = machine().now() + kTickInterval;
  serving_->begin_turn();
  serving_->on_tick();
}

void EngineLife::use(config::Config config) {
  config_ = std::move(config);
  serving_->use(config_);
}

}  // namespace loka::sim
