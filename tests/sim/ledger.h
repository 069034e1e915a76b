// What must hold after every commit, judged from outside: the sums of the contract, each submit
// named once, no line handled twice, lists that are whole, bounds that hold.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "shm/store.h"

namespace loka::sim {

// Every line that a miner sends carries its owner and its number, `"tag":"m7-12"`; a line that goes
// on as it came carries them to the pool, whose answer carries them back.
struct Tag {
  uint32_t miner = 0;
  uint32_t number = 0;
  bool operator==(const Tag&) const = default;
  [[nodiscard]] std::string text() const;
};
[[nodiscard]] std::optional<Tag> tag_of(std::string_view line);
// The number behind the first `mark` in text ("m" in "farm.m7"); 0 if there is none.
[[nodiscard]] uint32_t number_behind(std::string_view text, std::string_view mark);

// A line that kills every engine that handles it.
[[nodiscard]] bool is_poison(std::string_view line);

class Ledger {
 public:
  // The memory that the engine works on; nullptr: there is no engine at the moment.
  void watch(shm::Store* store);

  // Called from the seams, in this order, for one line.
  void on_handled(std::string_view line);
  void on_sealed();
  void on_in_place();
  // The engine died: a line that it had not sealed has not happened.
  void forget_line() { line_ = {}; }

  // After everybody has left: every record and page is free and nothing is in flight.
  void check_empty() const;

  [[nodiscard]] uint64_t submits_named() const { return submits_; }
  [[nodiscard]] uint64_t commits() const { return commits_; }

 private:
  struct Line {
    std::optional<Tag> tag;
    bool is_submit = false;
  };

  void check_shares() const;
  void check_requests() const;
  void check_list(const shm::Upstream& upstream) const;
  void check_rows() const;

  shm::Store* store_ = nullptr;
  Line line_;
  uint64_t submits_ = 0;
  uint64_t commits_ = 0;
  std::unordered_set<uint64_t> handled_;
  mutable std::vector<uint32_t> in_flight_;  // by login
};

void use_ledger(Ledger* ledger);
[[nodiscard]] Ledger& ledger();

}  // namespace loka::sim
