#include "worker/test_pool.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/base/utf8.h"
#include "common/config/load.h"
#include "common/stratum/format.h"
#include "common/stratum/reject.h"
#include "common/stratum/subscribe_result.h"
#include "worker/clock.h"
#include "worker/pool_talk.h"

namespace loka::worker {

namespace {

constexpr std::string_view kNobody = "loka.test";
constexpr size_t kShownBytesMax = 200;

// One pool's trial as it goes on. Each step returns false, with `failure` set, where it ends.
class Trial {
 public:
  Trial(const config::Pool& pool, const TrialPatience& patience)
      : pool_(pool), patience_(patience) {
    trial_.name = pool.name;
    trial_.url = pool.url();
  }

  PoolTrial run() {
    if (pool_.tls) {
      fail("connect", "TLS to pools is not supported by this version");
    } else if (resolve() && connect() && subscribe() && authorize()) {
      (void)wait_for_job();
    }
    return std::move(trial_);
  }

 private:
  bool resolve() {
    const Instant begun = monotonic_now();
    auto addresses = worker::resolve(pool_.address);
    if (!addresses) return fail("resolve", addresses.error());
    trial_.resolve = monotonic_now() - begun;
    addresses_ = std::move(*addresses);
    return true;
  }

  bool connect() {
    const Instant begun = monotonic_now();
    auto talk = PoolTalk::connect(addresses_, begun + patience_.step);
    if (!talk) return fail("connect", talk.error());
    trial_.connect = monotonic_now() - begun;
    talk_.emplace(std::move(*talk));
    return true;
  }

  bool subscribe() {
    const Instant begun = monotonic_now();
    const size_t length = stratum::subscribe(out_, 1, "loka-stratum/" LOKA_VERSION);
    const auto heard = ask(length, "1", begun + patience_.step);
    if (!heard) return fail("subscribe", heard.error());
    if (const auto reject = stratum::reject_of(*heard->message, heard->line)) {
      return fail("subscribe", refusal(*reject));
    }
    const auto granted =
        stratum::read_subscribe_result(heard->message->result.span.of(heard->line));
    if (!granted) return fail("subscribe", stratum::describe(granted.error()));
    trial_.subscribe = monotonic_now() - begun;
    trial_.extranonce1_bytes = granted->extranonce1.size() / 2;
    trial_.extranonce2_bytes = granted->extranonce2_size;
    return true;
  }

  bool authorize() {
    const bool is_ours = !pool_.username.empty();
    const std::string_view login = is_ours ? std::string_view(pool_.username) : kNobody;
    const Instant begun = monotonic_now();
    const size_t length = stratum::authorize(out_, 2, login, pool_.password);
    const auto heard = ask(length, "2", begun + patience_.step);
    if (!heard) return fail("authorize", heard.error());
    trial_.authorize = monotonic_now() - begun;
    if (stratum::is_granted(*heard->message)) return true;
    const auto reject = stratum::reject_of(*heard->message, heard->line);
    const std::string reason = reject ? refusal(*reject) : "the pool answered no";
    if (is_ours) return fail("authorize", reason);
    trial_.note = fmt::format("{} was refused ({}); miners log in with their own names", kNobody,
                              sanitise(reason, kShownBytesMax));
    return true;
  }

  bool wait_for_job() {
    const Instant begun = monotonic_now();
    while (!has_job_) {
      const auto heard = hear(begun + patience_.job);
      if (!heard) return fail("job", heard.error());
    }
    trial_.job = monotonic_now() - begun;
    return true;
  }

  // Sends what stands in out_ and waits for the answer to this id; notes a job that comes before.
  Result<PoolTalk::Heard, std::string> ask(size_t length, std::string_view id, Instant deadline) {
    if (length == 0) return Error(std::string("username or password is too long for one line"));
    if (auto said = talk_->say({out_.data(), length}, deadline); !said) return Error(said.error());
    for (;;) {
      const auto heard = hear(deadline);
      if (!heard) return heard;
      const auto& message = *heard->message;
      if (message.kind == stratum::Kind::kResponse && message.id.text == id) return heard;
    }
  }

  Result<PoolTalk::Heard, std::string> hear(Instant deadline) {
    const auto heard = talk_->hear(deadline);
    if (heard && heard->message->method == stratum::Method::kNotify) has_job_ = true;
    return heard;
  }

  static std::string refusal(const stratum::Reject& reject) {
    return fmt::format("refused with code {}: {}", reject.code, reject.text.view());
  }

  bool fail(std::string_view step, std::string_view reason) {
    trial_.failure = fmt::format("{}: {}", step, sanitise(reason, kShownBytesMax));
    return false;
  }

  const config::Pool& pool_;
  const TrialPatience patience_;
  PoolTrial trial_;
  std::vector<SocketAddress> addresses_;
  std::optional<PoolTalk> talk_;
  bool has_job_ = false;
  std::array<char, 4096> out_{};
};

std::string shown(const std::optional<Duration>& time) {
  return time ? fmt::format("{:.1f} ms", time->s() * 1000) : "-";
}

// Reads all of it; nullopt if it cannot be read or is longer than any configuration.
std::optional<std::string> read_all(int input) {
  std::string text;
  std::array<char, 4096> bytes;
  while (text.size() <= config::kFileBytesMax) {
    const ssize_t count = read(input, bytes.data(), bytes.size());
    if (count == 0) return text;
    if (count < 0 && errno != EINTR) return std::nullopt;
    if (count > 0) text.append(bytes.data(), static_cast<size_t>(count));
  }
  return std::nullopt;
}

}  // namespace

PoolTrial try_pool(const config::Pool& pool, const TrialPatience& patience) {
  return Trial(pool, patience).run();
}

std::string render(std::span<const PoolTrial> trials) {
  size_t name_width = 4;
  size_t url_width = 3;
  for (const auto& trial : trials) {
    name_width = std::max(name_width, trial.name.size());
    url_width = std::max(url_width, trial.url.size());
  }
  constexpr auto kRow = "{:<{}}  {:<{}}  {:>10}  {:>10}  {:>10}  {:>10}  {:>10}  {}\n";
  std::string text = fmt::format(kRow, "pool", name_width, "url", url_width, "resolve", "connect",
                                 "subscribe", "authorize", "job", "extranonce");
  for (const auto& trial : trials) {
    const std::string extranonce =
        trial.subscribe
            ? fmt::format("{} + {} bytes", trial.extranonce1_bytes, trial.extranonce2_bytes)
            : "-";
    text += fmt::format(kRow, trial.name, name_width, trial.url, url_width, shown(trial.resolve),
                        shown(trial.connect), shown(trial.subscribe), shown(trial.authorize),
                        shown(trial.job), extranonce);
    if (!trial.failure.empty()) text += fmt::format("  failed: {}\n", trial.failure);
    if (!trial.note.empty()) text += fmt::format("  note: {}\n", trial.note);
  }
  return text;
}

int test_pools(int input) {
  const auto text = read_all(input);
  if (!text) {
    fmt::print(stderr, "loka-worker: no configuration on standard input\n");
    return EX_CONFIG;
  }
  const auto parsed = config::parse_canonical(*text);
  if (!parsed) {
    fmt::print(stderr, "loka-worker: {}\n", parsed.error());
    return EX_CONFIG;
  }
  std::vector<PoolTrial> trials;
  trials.reserve(parsed->pools.size());
  for (const auto& pool : parsed->pools) trials.push_back(try_pool(pool));
  fmt::print("{}", render(trials));
  const bool all_fine = std::all_of(trials.begin(), trials.end(),
                                    [](const PoolTrial& trial) { return trial.failure.empty(); });
  return all_fine ? EX_OK : EX_UNAVAILABLE;
}

}  // namespace loka::worker
