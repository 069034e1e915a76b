#include "supervisor/reload.h"

#include <utility>

#include <fmt/format.h>

#include "common/base/check.h"
#include "common/config/diff.h"
#include "common/config/problem.h"

namespace loka::supervisor {

ReloadPlan plan_reload(const config::Config& running, const config::LoadResult& loaded) {
  ReloadPlan plan;
  plan.config = running;
  for (const config::Problem& problem : loaded.problems) {
    plan.report.problems.push_back(problem.text());
  }
  plan.is_taken = plan.report.taken = !config::has_errors(loaded.problems);
  if (!plan.is_taken) return plan;
  plan.config = config::applicable(running, loaded.config);
  for (const config::Change& change : config::diff(running, loaded.config)) {
    const bool is_refused = change.effect == config::Effect::kRestart;
    (is_refused ? plan.report.refused : plan.report.changes).push_back(change.sentence());
  }
  plan.is_changed = plan.config != running;
  return plan;
}

bool ReloadQueue::ask(std::optional<ClientId> client) {
  if (is_running_) is_wanted_again_ = true;
  if (client) (is_running_ ? next_clients_ : clients_).push_back(*client);
  return !is_running_;
}

void ReloadQueue::begin() {
  CHECK(!is_running_);
  is_running_ = true;
  is_published_ = false;
}

void ReloadQueue::published(control::ReloadReport report, uint64_t generation, Instant now) {
  CHECK(is_running_);
  is_published_ = true;
  report_ = std::move(report);
  generation_ = generation;
  deadline_ = now + kReloadPatience;
}

std::optional<ReloadQueue::Finished> ReloadQueue::look(std::span<const SlotWord> slots,
                                                       Instant now) {
  if (!is_running_ || !is_published_) return std::nullopt;
  std::vector<std::string> missing;
  for (const SlotWord& word : slots) {
    if (generation_ == 0 || word.generation >= generation_) continue;
    // An engine's refusal may still be about the generation before, so it is waited for as well.
    if (now < deadline_) return std::nullopt;
    missing.push_back(
        fmt::format("worker {} has not taken over configuration {}; {}", word.slot, generation_,
                    word.has_refused ? "it could not read it" : "it will when it serves again"));
  }
  Finished finished{std::move(report_), std::exchange(clients_, std::move(next_clients_)),
                    is_wanted_again_};
  finished.report.problems.insert(finished.report.problems.end(), missing.begin(), missing.end());
  next_clients_.clear();
  is_running_ = false;
  is_wanted_again_ = false;
  return finished;
}

}  // namespace loka::supervisor
