// A pool with moods that come and go: it stalls, refuses, forgets, reorders, lies, talks garbage,
// drops connections or is dead. It judges what it hears: whole lines, ids that are not open, one
// miner to a connection, a handshake before the first share, and no share a second time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "tests/sim/ledger.h"
#include "tests/sim/peer.h"

namespace loka::sim {

enum class Mood : uint8_t {
  kGood,
  kStalled,    // neither reads nor says anything
  kBlackHole,  // and takes no new connection either
  kDead,       // refuses connections and breaks those it has
  kRefusing,   // subscribe and authorize
  kForgetful,  // leaves some requests without an answer
  kReordering,
  kLying,     // wrong, unknown and repeated ids
  kBabbling,  // lines that are no messages, or of a shape that hurts
  kMoving,    // set_extranonce and reconnect, asked or not
  kHasty,     // closes connections after a while
  kCount,
};

// What a pool never does otherwise, in whatever mood.
enum class Quirk : uint8_t {
  kNone,
  kOneLogin,         // refuses every login of a connection but the first name of its miner
  kHangsUpOnLogins,  // closes on them
  kHangsUpOnConfigure,
  kNoExtranonceAnswer,
  kCount,
};

// What all pools together have heard.
struct Heard {
  std::unordered_set<uint64_t> submits;
  uint64_t accepted = 0;
};

class Pool {
 public:
  Pool(Scene& scene, Heard& heard, uint16_t number);

  void take(const Wire& wire);
  void act();

 private:
  struct Answer {
    int64_t due_ns;
    uint64_t id;  // 0: no answer but a notification
    std::string text;
  };
  struct Visit {
    Wire wire;
    std::string name;
    int64_t opens_ns = 0;  // when the connection is established
    bool is_open = false;
    bool is_leaving = false;
    LineBox box;
    uint32_t owner = 0;
    bool has_subscribed = false;  // answered
    bool has_authorized = false;
    std::set<uint64_t> open;  // ids
    std::vector<Answer> answers;
    int64_t last_due_ns = 0;
    int64_t next_job_ns = 0;
    uint32_t jobs = 0;
    uint32_t extranonces = 0;
  };

  void change_mood();
  void visit(Visit& visit);
  void say(Visit& visit, std::string_view text);
  void hear(Visit& visit);
  void judge(Visit& visit, const std::string& line);
  void check_owner(Visit& visit, uint32_t miner, const std::string& line);
  void answer(Visit& visit, uint64_t id, std::string result, bool is_error = false);
  void on_subscribe(Visit& visit, uint64_t id);
  void on_authorize(Visit& visit, uint64_t id, const std::string& line);
  void hang_up(Visit& visit);
  void on_submit(Visit& visit, uint64_t id, const std::string& line);
  void say_due(Visit& visit);
  void say_job(Visit& visit);
  void lie(Visit& visit, const Answer& answer);
  void babble(Visit& visit);
  void move(Visit& visit);
  [[nodiscard]] std::string extranonce(Visit& visit) const;

  Scene& scene_;
  Heard& heard_;
  uint16_t number_;
  Quirk quirk_;
  Mood mood_ = Mood::kGood;
  int64_t mood_ends_ns_ = 0;
  uint32_t visits_made_ = 0;
  std::vector<std::unique_ptr<Visit>> visits_;
};

}  // namespace loka::sim
