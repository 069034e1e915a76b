// A miner: good, hasty, rude, deaf or talkative. It knows what it has asked and judges every line
// that it hears: is it an answer to a question of its own, asked once and answered once; does what
// a pool says of itself come after the subscribe result, and from its own pool connection.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tests/sim/ledger.h"
#include "tests/sim/peer.h"

namespace loka::sim {

class Miner {
 public:
  Miner(Scene& scene, uint32_t number);

  // Says and hears what is due.
  void act();
  void leave();
  [[nodiscard]] bool has_left() const { return has_left_; }

  // Whoever stays is answered in time.
  void check_patience() const;
  // At the end, when all pools answer: nothing is open any more, or a backlog is still worked off.
  void check_satisfied() const;

  [[nodiscard]] uint64_t accepted() const { return accepted_; }
  [[nodiscard]] uint64_t refused() const { return refused_; }
  [[nodiscard]] uint64_t submits() const { return submits_; }

 private:
  enum class Temper : uint8_t { kGood, kHasty, kRude, kDeaf, kTalkative, kForeign, kPoison };
  struct Open {
    stratum::Method method;
    int64_t asked_ns;
    Tag tag;
  };

  void say(std::string_view text);
  void ask(stratum::Method method, std::string_view name, std::string_view params);
  void configure();
  void subscribe();
  void authorize();
  void submit();
  void shake_hands();
  void do_something_else();
  void misbehave();
  void hear();
  void judge(const std::string& line);
  void judge_answer(const std::string& line, const stratum::Message& answer);
  void judge_notification(const std::string& line, const stratum::Message& message);
  void check_source(const std::string& line) const;
  [[nodiscard]] std::string login() const;

  Scene& scene_;
  uint32_t number_;
  std::string name_;
  Temper temper_;
  bool is_pipelining_;
  bool wants_rolling_;
  bool wants_extranonce_;
  int64_t pace_ns_;  // between two things said
  int64_t next_ns_;
  int64_t leaves_ns_;
  Wire wire_;
  LineBox box_;
  uint32_t next_number_ = 1;
  std::map<std::string, Open> open_;  // by id, as raw JSON
  uint32_t steps_taken_ = 0;
  uint32_t logins_ = 0;
  int64_t last_answer_ns_ = 0;
  bool has_subscribed_ = false;
  bool has_asked_extranonce_ = false;
  bool has_asked_configure_ = false;
  bool has_misbehaved_ = false;
  bool has_finished_ = false;
  bool has_left_ = false;
  uint64_t submits_ = 0;
  uint64_t accepted_ = 0;
  uint64_t refused_ = 0;
};

}  // namespace loka::sim
