#include "tests/sim/miner.h"

#include <algorithm>
#include <array>

namespace loka::sim {
namespace {

using stratum::Kind;
using stratum::Message;
using stratum::Method;
using stratum::Type;

constexpr int64_t kMs = 1'000'000;
constexpr int64_t kSecond = 1000 * kMs;

// From the last answer to the next: a wait for a pool, the steps of a new handshake and the time
// for an answer, each at its limit and behind each other, and something for the turns between.
constexpr int64_t kPatienceNs = 100 * kSecond;

// With a backlog of logins that every pool hangs up on, answers come one at a time until the end.
constexpr int64_t kStillAnsweredNs = 45 * kSecond;

constexpr size_t kDeafRoom = 3000;

}  // namespace

Miner::Miner(Scene& scene, uint32_t number)
    : scene_(scene), number_(number), name_("m" + std::to_string(number)) {
  Random& random = scene.random;
  constexpr std::array kTempers = {
      Temper::kGood,      Temper::kGood,      Temper::kGood,  Temper::kGood,
      Temper::kGood,      Temper::kGood,      Temper::kHasty, Temper::kRude,
      Temper::kTalkative, Temper::kTalkative, Temper::kDeaf,  Temper::kForeign,
  };
  temper_ = kTempers[random.below(kTempers.size())];
  if (temper_ == Temper::kForeign && random.chance(50)) temper_ = Temper::kPoison;
  is_pipelining_ = random.chance(40);
  wants_rolling_ = random.chance(60);
  wants_extranonce_ = random.chance(60);
  pace_ns_ = random.between(100, random.chance(30) ? 600 : 6000) * kMs;
  const int64_t now_ns = machine().now().ns();
  next_ns_ = now_ns;
  last_answer_ns_ = now_ns;
  leaves_ns_ = now_ns + (temper_ == Temper::kHasty ? random.between(50, 8000) * kMs
                                                   : random.between(10, 400) * kSecond);
  wire_ = machine().arrive(temper_ == Temper::kDeaf ? kDeafRoom : 2000 + random.below(60'000));
}

std::string Miner::login() const {
  return "farm." + name_ + (logins_ > 1 ? "_" + std::to_string(scene_.random.below(logins_)) : "");
}

void Miner::say(std::string_view text) {
  scene_.note(name_, "> " + std::string(text));
  wire_->say(std::string(text) + "\n");
}

void Miner::ask(Method method, std::string_view name, std::string_view params) {
  const Tag tag{number_, next_number_++};
  // Numbers and texts: both are common, and both must come back as they were.
  const std::string id = number_ % 2 == 0 ? std::to_string(number_ * 1'000'000 + tag.number)
                                          : "\"" + tag.text() + "\"";
  open_[id] = {method, machine().now().ns(), tag};
  say(R"({"id":)" + id + R"(,"method":")" + std::string(name) + R"(","params":)" +
      std::string(params) + R"(,"tag":")" + tag.text() + R"("})");
}

void Miner::configure() {
  has_asked_configure_ = true;
  ask(Method::kConfigure, "mining.configure",
      R"([["version-rolling"],{"version-rolling.mask":"1fffe000","version-rolling.min-bit-count":2}])");
}

void Miner::subscribe() { ask(Method::kSubscribe, "mining.subscribe", "[\"" + name_ + "/1.0\"]"); }

void Miner::authorize() {
  if (logins_ == 0) logins_ = 1;
  ask(Method::kAuthorize, "mining.authorize", "[\"" + login() + "\",\"x\"]");
}

void Miner::submit() {
  ++submits_;
  ask(Method::kSubmit, "mining.submit",
      "[\"" + login() + R"(","job","00000000","6625406b","0a1b2c3d")" +
          (wants_rolling_ ? R"(,"00002000"])" : "]"));
}

void Miner::shake_hands() {
  const bool has_open_step = std::any_of(open_.begin(), open_.end(), [](const auto& entry) {
    return entry.second.method != Method::kSubmit;
  });
  if (has_open_step && !is_pipelining_) return;
  do {
    switch (steps_taken_++) {
      case 0:
        if (wants_rolling_) configure();
        break;
      case 1:
        subscribe();
        break;
      case 2:
        if (!wants_extranonce_) break;
        has_asked_extranonce_ = true;
        ask(Method::kExtranonceSubscribe, "mining.extranonce.subscribe", "[]");
        break;
      default:
        authorize();
        break;
    }
  } while (is_pipelining_ && steps_taken_ < 4);
}

// What a client may do and seldom does.
void Miner::do_something_else() {
  switch (scene_.random.below(9)) {
    case 0:
      subscribe();
      break;
    case 1:
      if (logins_ < 20) ++logins_;
      authorize();
      break;
    case 2:
      configure();
      break;
    case 3:
      ask(Method::kPing, "mining.ping", "[]");
      break;
    case 4:
      ask(Method::kGetTransactions, "mining.get_transactions", R"(["job"])");
      break;
    case 5:
      say(R"({"id":null,"method":"mining.suggest_difficulty","params":[1],"tag":")" +
          Tag{number_, next_number_++}.text() + "\"}");
      break;
    case 6:
      authorize();
      break;
    case 7:
      ask(Method::kAdministrative, "mining.passthrough", "[]");
      break;
    default:
      ask(Method::kUnknown, "mining.suggest_target", R"(["00ff"])");
      break;
  }
}

void Miner::misbehave() {
  has_misbehaved_ = true;
  switch (scene_.random.below(7)) {
    case 0:
      say("{\"id\":1,\"method\":");
      break;
    case 1:
      say("[1,2,3]");
      break;
    case 2:
      say(R"({"id":[],"method":"mining.ping","params":[]})");
      break;
    case 3:
      say(R"({"id":77,"result":true,"error":null})");  // nobody asked
      break;
    case 4:
      say("{\"id\":1,\"method\":\"mining.ping\",\"params\":[\"a\\u0000b\"]}");
      break;
    case 5:
      wire_->say("   \r\n\n\n  \n");
      break;
    default:
      say(std::string(9000, '{'));
      break;
  }
}

void Miner::act() {
  if (has_left_) return;
  hear();
  if (has_left_) return;
  if (wire_->is_over()) {
    has_left_ = true;
    scene_.note(name_, "is closed");
    return;
  }
  const int64_t now_ns = machine().now().ns();
  if (now_ns >= leaves_ns_ && !scene_.is_calm) {
    leave();
    return;
  }
  if (now_ns < next_ns_ || has_finished_ || scene_.is_calm) return;
  next_ns_ = now_ns + scene_.random.between(pace_ns_ / 4, pace_ns_ * 2);
  if (temper_ == Temper::kForeign && steps_taken_ == 0) {
    ++steps_taken_;
    has_misbehaved_ = true;
    say("GET / HTTP/1.1\r\nHost: pool\r\n");
  } else if (temper_ == Temper::kRude && scene_.random.chance(10)) {
    misbehave();
  } else if (temper_ == Temper::kRude && scene_.random.chance(10)) {
    submit();  // before its time, perhaps
  } else if (steps_taken_ < 4) {
    shake_hands();
  } else if (temper_ == Temper::kPoison && scene_.random.chance(5)) {
    has_misbehaved_ = true;
    say(R"({"id":null,"method":"mining.poison","params":[]})");
  } else if (temper_ == Temper::kTalkative && scene_.random.chance(50)) {
    do_something_else();
  } else {
    submit();
    if (is_pipelining_)
      for (uint64_t more = scene_.random.below(4); more > 0; --more) submit();
  }
}

void Miner::leave() {
  if (has_left_ || has_finished_) return;
  if (scene_.random.chance(50)) {
    scene_.note(name_, "> FIN");
    wire_->finish();
    has_finished_ = true;
    return;
  }
  scene_.note(name_, "> RST");
  wire_->reset();
  has_left_ = true;
}

void Miner::hear() {
  if (temper_ == Temper::kDeaf && !has_finished_) return;
  std::string heard = wire_->hear(1 + scene_.random.below(8192));
  if (heard.empty()) return;
  box_.add(heard);
  for (std::string line; box_.next(line);) judge(line);
}

void Miner::judge(const std::string& line) {
  scene_.note(name_, "< " + line);
  const auto parsed = scene_.parser.parse(line);
  if (!parsed) fail(name_ + " heard what is no message: " + line);
  if (parsed->kind == Kind::kResponse) {
    judge_answer(line, *parsed);
  } else {
    judge_notification(line, *parsed);
  }
}

void Miner::judge_answer(const std::string& line, const Message& answer) {
  const std::string id(answer.id.is_present() ? answer.id.span.of(line) : "null");
  if (id == "null" || (has_misbehaved_ && id == "1")) {
    if (!has_misbehaved_) fail(name_ + " heard an answer to nothing: " + line);
    return;
  }
  const auto found = open_.find(id);
  if (found == open_.end()) fail(name_ + " heard an answer twice, or another's: " + line);
  const Open asked = found->second;
  if (const auto tag = tag_of(line); tag && *tag != asked.tag)
    fail(name_ + " heard another's answer: " + line);
  open_.erase(found);
  last_answer_ns_ = machine().now().ns();
  const bool is_yes = answer.error.is_null() && answer.result.type == Type::kTrue;
  if (asked.method == Method::kSubscribe && answer.error.is_null()) {
    has_subscribed_ = true;
    if (line.find("[\"mining.notify\"") == std::string::npos)
      fail(name_ + " heard no subscribe result: " + line);
  }
  if (asked.method == Method::kSubmit) ++(is_yes ? accepted_ : refused_);
}

// What a pool says of itself names the connection it was said on and, from the subscribe on, whose
// that is.
void Miner::check_source(const std::string& line) const {
  const uint32_t owner = number_behind(line, "of-m");
  if (owner != 0 && owner != number_) fail(name_ + " heard what was said to another: " + line);
}

void Miner::judge_notification(const std::string& line, const Message& message) {
  check_source(line);
  switch (message.method) {
    case Method::kNotify:
    case Method::kSetDifficulty:
      if (!has_subscribed_) fail(name_ + " heard a job before its subscribe result: " + line);
      break;
    case Method::kSetExtranonce:
      if (!has_asked_extranonce_) fail(name_ + " never asked for set_extranonce: " + line);
      break;
    case Method::kSetVersionMask:
      if (!has_asked_configure_) fail(name_ + " never asked for version rolling: " + line);
      break;
    case Method::kReconnect:
      fail(name_ + " was sent away: " + line);
    default:
      if (message.wants_answer() && scene_.random.chance(80))
        say(R"({"id":)" + std::string(message.id.span.of(line)) +
            R"(,"result":true,"error":null})");
      break;
  }
}

void Miner::check_patience() const {
  if (has_left_ || has_finished_ || temper_ == Temper::kDeaf) return;
  for (const auto& [id, open] : open_)
    if (machine().now().ns() - std::max(open.asked_ns, last_answer_ns_) > kPatienceNs)
      fail(name_ + " still waits for the answer to " + open.tag.text());
}

void Miner::check_satisfied() const {
  if (has_left_ || has_finished_ || temper_ == Temper::kDeaf || open_.empty()) return;
  if (machine().now().ns() - last_answer_ns_ > kStillAnsweredNs)
    fail(name_ + " has stayed and was not answered " + open_.begin()->second.tag.text());
}

}  // namespace loka::sim
