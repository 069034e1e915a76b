#include "tests/sim/pool.h"

#include <algorithm>
#include <cstdio>

namespace loka::sim {
namespace {

using stratum::Kind;
using stratum::Message;
using stratum::Method;

constexpr int64_t kMs = 1'000'000;
constexpr int64_t kSecond = 1000 * kMs;

}  // namespace

Pool::Pool(Scene& scene, Heard& heard, uint16_t number)
    : scene_(scene),
      heard_(heard),
      number_(number),
      quirk_(scene.random.chance(60)
                 ? Quirk::kNone
                 : static_cast<Quirk>(scene.random.below(static_cast<uint64_t>(Quirk::kCount)))) {}

void Pool::take(const Wire& wire) {
  visits_.push_back(std::make_unique<Visit>());
  Visit& visit = *visits_.back();
  visit.wire = wire;
  visit.name = "p" + std::to_string(number_) + "/" + std::to_string(++visits_made_);
  visit.opens_ns = machine().now().ns() + scene_.random.between(0, 200) * kMs;
}

void Pool::change_mood() {
  const int64_t now_ns = machine().now().ns();
  if (scene_.is_calm) mood_ = Mood::kGood;
  if (scene_.is_calm || now_ns < mood_ends_ns_) return;
  // Half of its time it is well.
  mood_ = scene_.random.chance(50)
              ? Mood::kGood
              : static_cast<Mood>(scene_.random.below(static_cast<uint64_t>(Mood::kCount)));
  mood_ends_ns_ = now_ns + scene_.random.between(2, 60) * kSecond;
  scene_.note("p" + std::to_string(number_),
              "is in mood " + std::to_string(static_cast<int>(mood_)));
}

void Pool::act() {
  change_mood();
  for (auto& one : visits_) visit(*one);
  std::erase_if(visits_, [](const auto& one) { return one->wire->is_over(); });
}

void Pool::visit(Visit& visit) {
  if (!visit.is_open) {
    if (mood_ == Mood::kBlackHole || machine().now().ns() < visit.opens_ns) return;
    if (mood_ == Mood::kDead) {
      visit.wire->refuse_connect();
      visit.wire->reset();
      return;
    }
    visit.is_open = true;
    visit.wire->accept_connect();
  }
  if (visit.is_leaving) return;
  if (mood_ == Mood::kDead || (mood_ == Mood::kHasty && scene_.random.chance(1))) {
    hang_up(visit);
    return;
  }
  if (mood_ == Mood::kStalled || mood_ == Mood::kBlackHole) return;
  hear(visit);
  if (visit.is_leaving) return;
  say_due(visit);
  if (visit.has_subscribed && machine().now().ns() >= visit.next_job_ns) say_job(visit);
  if (mood_ == Mood::kBabbling && scene_.random.chance(2)) babble(visit);
  if (mood_ == Mood::kMoving && scene_.random.chance(1)) move(visit);
}

void Pool::hang_up(Visit& visit) {
  scene_.note(visit.name, "> end");
  visit.is_leaving = true;
  scene_.random.chance(50) ? visit.wire->finish() : visit.wire->reset();
}

void Pool::say(Visit& visit, std::string_view text) {
  scene_.note(visit.name, "> " + std::string(text.substr(0, 300)));
  visit.wire->say(std::string(text) + "\n");
}

void Pool::hear(Visit& visit) {
  visit.box.add(visit.wire->hear(1 + scene_.random.below(8192)));
  for (std::string line; !visit.is_leaving && visit.box.next(line);) judge(visit, line);
}

void Pool::check_owner(Visit& visit, uint32_t miner, const std::string& line) {
  if (miner == 0) return;
  if (visit.owner == 0) visit.owner = miner;
  if (visit.owner != miner) fail(visit.name + " heard another miner: " + line);
}

void Pool::judge(Visit& visit, const std::string& line) {
  scene_.note(visit.name, "< " + line);
  const auto parsed = scene_.parser.parse(line);
  if (!parsed) fail(visit.name + " heard what is no message: " + line);
  const Message& message = *parsed;
  const auto tag = tag_of(line);
  if (tag) check_owner(visit, tag->miner, line);
  if (message.kind == Kind::kResponse || !message.wants_answer()) return;
  const uint64_t id = number_behind(line, "\"id\":");
  if (id == 0) fail(visit.name + " heard an id that is not ours: " + line);
  if (!visit.open.insert(id).second) fail(visit.name + " heard an id that is open: " + line);
  switch (message.method) {
    case Method::kSubscribe:
      check_owner(visit, number_behind(line, "[\"m"), line);
      on_subscribe(visit, id);
      break;
    case Method::kAuthorize:
      check_owner(visit, number_behind(line, ".m"), line);
      on_authorize(visit, id, line);
      break;
    case Method::kSubmit:
      check_owner(visit, number_behind(line, ".m"), line);
      on_submit(visit, id, line);
      break;
    case Method::kExtranonceSubscribe:
      if (quirk_ != Quirk::kNoExtranonceAnswer) answer(visit, id, "true");
      break;
    case Method::kConfigure:
      if (quirk_ == Quirk::kHangsUpOnConfigure) {
        hang_up(visit);
        break;
      }
      answer(visit, id, R"({"version-rolling":true,"version-rolling.mask":"1fffe000"})");
      break;
    default:
      answer(visit, id, tag ? R"(true,"tag":")" + tag->text() + "\"" : "true");
      break;
  }
}

void Pool::answer(Visit& visit, uint64_t id, std::string result, bool is_error) {
  if (mood_ == Mood::kForgetful && scene_.random.chance(40)) return;
  const int64_t due_ns = machine().now().ns() + scene_.random.between(0, 150) * kMs *
                                                    (mood_ == Mood::kReordering ? 20 : 1);
  visit.last_due_ns = mood_ == Mood::kReordering ? due_ns : std::max(due_ns, visit.last_due_ns);
  visit.answers.push_back(
      {visit.last_due_ns, id,
       R"({"id":)" + std::to_string(id) + R"(,"error":)" +
           (is_error ? R"([20,"no",null],"result":null})" : R"(null,"result":)" + result + "}")});
}

std::string Pool::extranonce(Visit& visit) const {
  char text[24];
  std::snprintf(text, sizeof text, "%02x%06x%02x", unsigned{number_}, visits_made_ & 0xffffffU,
                ++visit.extranonces & 0xffU);
  return text;
}

void Pool::on_subscribe(Visit& visit, uint64_t id) {
  if (mood_ == Mood::kRefusing) {
    answer(visit, id, {}, true);
    return;
  }
  if (scene_.random.chance(20)) say_job(visit);  // before the result that it belongs to
  answer(visit, id, R"([[["mining.notify","s"]],")" + extranonce(visit) + "\",8]");
  visit.has_subscribed = true;
}

void Pool::on_authorize(Visit& visit, uint64_t id, const std::string& line) {
  const bool is_further = line.find('_') != std::string::npos;
  if (is_further && quirk_ == Quirk::kHangsUpOnLogins) {
    hang_up(visit);
    return;
  }
  const bool is_refused = (mood_ == Mood::kRefusing && scene_.random.chance(50)) ||
                          (is_further && quirk_ == Quirk::kOneLogin);
  if (!is_refused) visit.has_authorized = true;
  answer(visit, id, is_refused ? "false" : "true");
}

void Pool::on_submit(Visit& visit, uint64_t id, const std::string& line) {
  if (!visit.has_subscribed || !visit.has_authorized)
    fail(visit.name + " heard a share before the handshake: " + line);
  const auto tag = tag_of(line);
  if (!tag) fail(visit.name + " heard a share that is not as it came: " + line);
  if (!heard_.submits.insert(uint64_t{tag->miner} << 32 | tag->number).second)
    fail(visit.name + " heard a share that was sent before: " + line);
  const std::string behind = R"(,"tag":")" + tag->text() + "\"";
  if (scene_.random.chance(10)) {
    answer(visit, id, "false" + behind);
    return;
  }
  ++heard_.accepted;
  answer(visit, id, "true" + behind);
}

void Pool::say_due(Visit& visit) {
  const int64_t now_ns = machine().now().ns();
  std::vector<Answer> due;
  std::erase_if(visit.answers, [&](const Answer& one) {
    if (one.due_ns <= now_ns) due.push_back(one);
    return one.due_ns <= now_ns;
  });
  for (const Answer& one : due) {
    if (mood_ == Mood::kLying && scene_.random.chance(30)) {
      lie(visit, one);
      continue;
    }
    visit.open.erase(one.id);
    say(visit, one.text);
  }
}

// What is said without a tag: it is said under an id that it does not belong to.
void Pool::lie(Visit& visit, const Answer& answer) {
  switch (scene_.random.below(5)) {
    case 0:
      say(visit, R"({"id":987654,"result":true,"error":null})");
      break;
    case 1:
      say(visit, R"({"id":null,"result":true,"error":null})");
      break;
    case 2:
      say(visit, R"({"id":"x7","result":true,"error":null})");
      break;
    case 3: {
      // The oldest or the newest that is open, before its time.
      const uint64_t other = scene_.random.chance(50) ? *visit.open.begin() : *visit.open.rbegin();
      const bool is_yes = scene_.random.chance(50);
      say(visit, R"({"id":)" + std::to_string(other) + R"(,"result":)" +
                     (is_yes ? "true" : "false") + R"(,"error":null})");
      if (is_yes) ++heard_.accepted;
      visit.has_authorized = true;  // if that was what it had been asked
      visit.open.erase(other);
      return;
    }
    default:
      say(visit, answer.text);
      break;
  }
  visit.open.erase(answer.id);
  say(visit, answer.text);
}

void Pool::say_job(Visit& visit) {
  visit.next_job_ns = machine().now().ns() + scene_.random.between(500, 15'000) * kMs;
  const std::string of = "of-m" + std::to_string(visit.owner) + "-" + std::to_string(++visit.jobs);
  if (scene_.random.chance(30))
    say(visit, R"({"id":null,"method":"mining.set_difficulty","params":[)" +
                   std::to_string(1 << scene_.random.below(16)) + R"(],"by":")" + of + "\"}");
  const std::string coinb1(scene_.random.chance(5) ? 2 * scene_.random.below(15'000) : 8, '0');
  say(visit, R"({"id":null,"method":"mining.notify","params":[")" + of +
                 R"(","a96e0898a7f8c5378296204fd79154349bac333a000084fd0000000000000000",")" +
                 coinb1 + R"(","00",[],"20000000","17034219","6625406b",true]})");
}

void Pool::babble(Visit& visit) {
  const std::string of = "of-m" + std::to_string(visit.owner);
  switch (scene_.random.below(8)) {
    case 0:
      say(visit, "<html>504</html>");
      break;
    case 1:
      say(visit,
          R"({"id":null,"method":"mining.notify","params":["j",7,"00","00",[],"1","2","3",true]})");
      break;
    case 2:
      say(visit, R"({"id":null,"method":"mining.set_difficulty","params":["high"]})");
      break;
    case 3:
      say(visit, R"({"id":null,"method":"mining.set_goal","params":[")" + of + "\"]}");
      break;
    case 4:
      say(visit, R"({"id":")" + of + R"(","method":"client.question","params":[]})");
      break;
    case 5:
      say(visit, R"({"id":7,"method":"mining.ping","params":[]})");
      break;
    case 6:
      say(visit, "{}");
      break;
    default:
      say(visit, std::string(scene_.random.chance(20) ? 70'000 : 60'000, 'x'));
      break;
  }
}

void Pool::move(Visit& visit) {
  switch (scene_.random.below(4)) {
    case 0:
      if (visit.owner == 0) break;
      say(visit, R"({"id":null,"method":"mining.set_extranonce","params":[")" + extranonce(visit) +
                     R"(",8],"by":"of-m)" + std::to_string(visit.owner) + "\"}");
      break;
    case 1:
      say(visit, R"({"id":null,"method":"client.reconnect","params":[]})");
      break;
    case 2:
      say(visit, R"({"id":null,"method":"client.reconnect","params":["evil.example.net",3333,0]})");
      break;
    default:
      say(visit, R"({"id":null,"method":"mining.set_version_mask","params":["00c00000"]})");
      break;
  }
}

}  // namespace loka::sim
