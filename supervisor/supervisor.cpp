#include "supervisor/supervisor.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include "common/base/check.h"
#include "common/base/log.h"
#include "common/base/utf8.h"
#include "common/config/dump.h"
#include "supervisor/clock.h"
#include "supervisor/descriptor_limit.h"
#include "supervisor/effective.h"
#include "supervisor/log_file.h"

namespace loka::supervisor {
namespace {

constexpr std::string_view kSubject = "service";
constexpr std::string_view kName = "supervisor";

std::vector<SocketAddress> listen_addresses(const config::Config& config) {
  std::vector<SocketAddress> addresses;
  for (const config::Endpoint& endpoint : config.server.listen) {
    const auto ip = IpAddress::parse(endpoint.host);
    CHECK(ip.has_value());  // validated: addresses, not names
    addresses.push_back({*ip, endpoint.port});
  }
  return addresses;
}

StartError listen_error(const SystemError& error) {
  const char* mend = error.code == EADDRINUSE
                         ? "another program listens there; stop it or change server.listen"
                         : "check server.listen";
  return system_start_error(error, mend);
}

void log_reopen_failed(const std::string& error) {
  log_error("log", "cannot be reopened; goes on in the old file", {{"error", error}});
}

}  // namespace

Result<std::unique_ptr<Supervisor>, StartError> Supervisor::create(config::Sources sources,
                                                                   config::LoadResult loaded) {
  const Instant now = monotonic_now();
  signal(SIGPIPE, SIG_IGN);
  const config::Config& config = loaded.config;
  auto program = find_worker_program();
  if (!program) return Error(program.error());
  auto lock = InstanceLock::acquire(config.server.runtime_dir);
  if (!lock) return Error(lock.error());
  auto log = open_log(config.logging.file);
  if (!log) return Error(system_start_error(log.error(), "check logging.file"));
  auto limit = raise_descriptor_limit();
  if (!limit) return Error(system_start_error(limit.error()));
  const uint32_t slots = workers_of(config);
  auto listeners = ListenerSet::create(listen_addresses(config), slots);
  if (!listeners) return Error(listen_error(listeners.error()));
  auto segment = shm::PublicSegment::create(slots, now, static_cast<uint32_t>(getpid()));
  if (!segment) return Error(system_start_error(segment.error(), "is /dev/shm or memory full?"));

  log_setup(log->number(), config.logging.format, config.logging.level, kName);
  std::unique_ptr<Supervisor> supervisor(new Supervisor(
      Parts{std::move(sources), std::move(loaded), std::move(*lock), std::move(*log), *limit,
            std::move(*segment), std::move(*listeners), std::move(*program), now}));
  auto control = ControlServer::create(
      supervisor->loop_, supervisor->running_.config.server.runtime_dir + "/control.sock",
      [self = supervisor.get()](ClientId client, const control::Request& request, Instant at) {
        self->on_request(client, request, at);
      });
  if (!control) return Error(system_start_error(control.error(), "check server.runtime_dir"));
  supervisor->control_ = std::move(*control);
  return supervisor;
}

Supervisor::Supervisor(Parts parts)
    : sources_(std::move(parts.sources)),
      running_(std::move(parts.loaded)),
      lock_(std::move(parts.lock)),
      log_(std::move(parts.log)),
      descriptor_limit_(parts.descriptor_limit),
      segment_(std::move(parts.segment)),
      started_at_(parts.started_at),
      totals_(segment_.slot_count()),
      keepers_({.program = std::move(parts.program),
                .runtime_dir = running_.config.server.runtime_dir,
                .log = log_.number()},
               segment_, std::move(parts.listeners), parts.started_at),
      ticker_(loop_, [this](Instant now) { tick(now); }),
      watchdog_(loop_, [this](Instant) { systemd_.send("WATCHDOG=1"); }) {
  for (const config::Problem& problem : running_.problems) {
    log_warning("configuration", "has a flaw", {{"problem", problem.text()}});
  }
  publish();
}

void hold_signals(bool is_held) {
  sigset_t ours;
  sigemptyset(&ours);
  for (const int number : {SIGHUP, SIGUSR1, SIGUSR2, SIGTERM, SIGINT}) sigaddset(&ours, number);
  ::sigprocmask(is_held ? SIG_BLOCK : SIG_UNBLOCK, &ours, nullptr);
}

int Supervisor::run() {
  const auto watch = [this](int number, auto action) {
    signals_.push_back(std::make_unique<SignalWatch>(loop_, number, action));
  };
  watch(SIGCHLD, [this](Instant now) { on_child(now); });
  watch(SIGTERM, [this](Instant now) { on_stop(now); });
  watch(SIGINT, [this](Instant now) { on_stop(now); });
  watch(SIGHUP, [this](Instant now) { ask_reload(std::nullopt, now); });
  watch(SIGUSR1, [this](Instant) {
    if (const auto error = reopen_log(running_.config.logging.file)) log_reopen_failed(*error);
  });
  watch(SIGUSR2, [](Instant) {
    log_warning(kSubject, "an upgrade without a restart is not available in this version");
  });
  hold_signals(false);
  log_info(kSubject, "starting",
           {{"version", LOKA_VERSION},
            {"workers", segment_.slot_count()},
            {"connections_max", connections_max_}});
  ticker_.start({}, kTickStarting);
  if (const auto interval = systemd_.watchdog_interval()) watchdog_.start(*interval, *interval);
  loop_.run();
  log_info(kSubject, "stopped");
  return 0;
}

void Supervisor::tick(Instant now) {
  keepers_.turn(now);
  if (!is_ready_ && !is_stopping_) become_ready(now);
  look_at_reload(now);
  control_->tick(now);
  tell_status(now);
  end_if_stopped();
}

void Supervisor::on_child(Instant now) {
  keepers_.reap(now);
  end_if_stopped();
}

void Supervisor::become_ready(Instant now) {
  const uint32_t serving = keepers_.table().serving();
  const bool all_serve = serving == segment_.slot_count();
  if (!all_serve && (serving == 0 || now - started_at_ < kReadyPatience)) return;
  is_ready_ = true;
  ticker_.start(kTick, kTick);
  systemd_.send("READY=1");
  log_info(kSubject, "ready",
           {{"serving", serving},
            {"workers", segment_.slot_count()},
            {"after_ms", (now - started_at_).ms()}});
  if (!all_serve) log_error(kSubject, "not every worker serves");
}

void Supervisor::tell_status(Instant now) {
  if (now - status_told_at_ < kStatusInterval) return;
  status_told_at_ = now;
  systemd_.send("STATUS=" + status_line(totals_.status(view(), keepers_.views(), now)));
}

void Supervisor::on_stop(Instant now) {
  if (is_stopping_) {
    log_warning(kSubject, "asked to stop again; stops at once");
    keepers_.stop_at_once(now);
  } else {
    is_stopping_ = true;
    systemd_.send("STOPPING=1");
    log_info(kSubject, "stopping");
    keepers_.stop(now);
  }
  end_if_stopped();
}

void Supervisor::end_if_stopped() {
  if (keepers_.table().has_stopped()) loop_.stop();
}

uint64_t Supervisor::publish() {
  const uint32_t slots = segment_.slot_count();
  const config::Config effective = effective_config(running_.config, slots, descriptor_limit_);
  connections_max_ = effective.limiter.connections;
  warnings_.clear();
  if (auto warning = descriptor_warning(descriptor_limit_, connections_max_, slots)) {
    log_warning(kSubject, "open files are too few", {{"what", *warning}});
    warnings_.push_back(std::move(*warning));
  }
  segment_.publish_log_style(effective.logging.format, effective.logging.level);
  return segment_.publish_config(config::dump(effective, config::Secrets::kShow));
}

void Supervisor::ask_reload(std::optional<ClientId> client, Instant now) {
  if (reloads_.ask(client)) reload(now);
}

void Supervisor::reload(Instant now) {
  reloads_.begin();
  if (is_ready_) systemd_.reloading(now);
  config::LoadResult loaded = config::load(sources_);
  ReloadPlan plan = plan_reload(running_.config, loaded);
  uint64_t generation = 0;
  if (plan.is_taken && plan.is_changed) {
    const std::string old_file = running_.config.logging.file;
    if (plan.config.logging.file != old_file) {
      if (auto error = reopen_log(plan.config.logging.file)) {
        plan.report.problems.push_back(*error + "; the log stays where it was");
        plan.config.logging.file = old_file;
      }
    }
    running_.config = std::move(plan.config);
    running_.origins = std::move(loaded.origins);
    const config::Logging& logging = running_.config.logging;
    log_setup(log_.number(), logging.format, logging.level, kName);
    generation = publish();
  }
  plan.report.generation = segment_.newest_generation();
  reloads_.published(std::move(plan.report), generation, now);
  look_at_reload(now);
}

void Supervisor::look_at_reload(Instant now) {
  std::vector<ReloadQueue::SlotWord> words;
  for (uint32_t slot = 1; slot <= segment_.slot_count(); ++slot) {
    const auto& engine = segment_.slot(slot).engine;
    words.push_back({slot, engine.config_generation.load(std::memory_order_acquire),
                     engine.config_refused.load(std::memory_order_relaxed) != 0});
  }
  const auto finished = reloads_.look(words, now);
  if (!finished) return;
  const control::ReloadReport& report = finished->report;
  for (const auto& text : report.problems) log_warning("reload", "problem", {{"what", text}});
  for (const auto& text : report.refused) log_warning("reload", "refused", {{"what", text}});
  for (const auto& text : report.changes) log_info("reload", "change", {{"what", text}});
  log_info("reload", "finished", {{"generation", report.generation}});
  if (is_ready_) systemd_.send("READY=1");
  const std::string answer = control::encode_ok(control::to_json(report));
  for (const ClientId client : finished->clients) control_->answer(client, answer, now);
  if (finished->is_wanted_again) reload(now);
}

std::optional<std::string> Supervisor::reopen_log(const std::string& path) {
  auto log = open_log(path);
  if (!log) return log.error().text();
  const config::Logging& logging = running_.config.logging;
  log_setup(log->number(), logging.format, logging.level, kName);
  keepers_.hand_log(log->number());
  log_ = std::move(*log);
  log_info("log", "opened", {{"file", path.empty() ? "standard error" : path}});
  return std::nullopt;
}

void Supervisor::on_request(ClientId client, const control::Request& request, Instant now) {
  if (request.verb == control::Verb::kReload) {
    log_info("lokactl", "asks for a reload");
    ask_reload(client, now);
    return;
  }
  control_->answer(client, answer_to(request, now), now);
  if (request.verb == control::Verb::kStop) {
    log_info("lokactl", "asks to stop");
    if (!is_stopping_) on_stop(now);
  }
}

std::string Supervisor::answer_to(const control::Request& request, Instant now) {
  using control::encode_ok;
  using control::to_json;
  switch (request.verb) {
    case control::Verb::kStatus:
      return encode_ok(to_json(totals_.status(view(), keepers_.views(), now)));
    case control::Verb::kWorkers:
      return encode_ok(to_json(totals_.workers(view(), keepers_.views(), now)));
    case control::Verb::kPools:
      return encode_ok(to_json(totals_.pools(view(), keepers_.views(), now)));
    case control::Verb::kMiners:
    case control::Verb::kMiner:
      return miners_answer(request, now);
    case control::Verb::kConfig:
      return encode_ok(to_json(control::ConfigText{
          config::dump(running_.config, config::Secrets::kMask, &running_.origins),
          segment_.newest_generation()}));
    case control::Verb::kReopenLogs: {
      const auto error = reopen_log(running_.config.logging.file);
      return error ? control::encode_refusal(*error)
                   : encode_ok(to_json(control::Done{"log files reopened"}));
    }
    case control::Verb::kStop:
      return encode_ok(to_json(control::Done{"stopping"}));
    case control::Verb::kVersion:
      return encode_ok(to_json(control::Version{LOKA_VERSION}));
    case control::Verb::kReload:
      break;  // answered when it has finished
  }
  CHECK(false && "every verb is answered above");
}

std::string Supervisor::miners_answer(const control::Request& request, Instant now) {
  const bool is_one = request.verb == control::Verb::kMiner;
  const std::optional<std::string_view> login =
      is_one ? std::optional<std::string_view>(request.miner) : std::nullopt;
  const control::Miners miners = totals_.miners(view(), keepers_.views(), login, now);
  if (is_one && miners.miners.empty()) {
    return control::encode_refusal(
        fmt::format("no miner with the login '{}' is connected",
                    sanitise(request.miner, control::kMinerNameBytesMax)));
  }
  return control::encode_ok(control::to_json(miners));
}

ServiceView Supervisor::view() const {
  return {.config = &running_.config,
          .config_file = sources_.file,
          .generation = segment_.newest_generation(),
          .started_at = started_at_,
          .is_ready = is_ready_,
          .is_stopping = is_stopping_,
          .connections_max = connections_max_,
          .warnings = warnings_};
}

}  // namespace loka::supervisor
