// One connection of a simulated pool: what it said, what it may do, what it is answered. Pure:
// lines in, lines out.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/stratum/parse.h"
#include "tools/sim/pool.h"

namespace loka::sim {

class PoolSession {
 public:
  static constexpr size_t kLoginsMax = 100'000;  // a proxy may authorise a whole farm on one

  // extranonce1: taken from the pool; whoever owns the session gives it back.
  explicit PoolSession(std::vector<uint8_t> extranonce1) : extranonce1_(std::move(extranonce1)) {}

  // Where answers go: those to submits into `to_submits`, because --answer-delay holds them back.
  struct Output {
    std::string& at_once;
    std::string& to_submits;
  };
  // Returns false when the connection has to be closed: too many lines that are no Stratum.
  [[nodiscard]] bool handle(std::string_view line, stratum::Parser& parser, Pool& pool, Times times,
                            Output output);

  // Announces the newest job if this connection mines and does not know it yet.
  void catch_up(const Pool& pool, std::string& output);

  [[nodiscard]] const std::vector<uint8_t>& extranonce1() const { return extranonce1_; }

 private:
  // A request and where it came from; `id` is the text to echo.
  struct Request {
    const stratum::Message& message;
    std::string_view line;
    std::string_view id;
  };
  void handle_request(const Request& request, Pool& pool, Times times, Output output);
  void configure(const Request& request, const Pool& pool, std::string& output);
  void subscribe(const Request& request, const Pool& pool, std::string& output);
  void authorize(const Request& request, const Pool& pool, std::string& output);
  void submit(const Request& request, Pool& pool, Times times, std::string& output);
  void answer_other(const Request& request, std::string& output);

  std::vector<uint8_t> extranonce1_;
  std::set<std::string, std::less<>> logins_;
  bool is_subscribed_ = false;
  uint32_t version_mask_ = 0;
  uint64_t first_serial_ = 0;  // of the jobs sent; 0: none yet
  uint64_t last_serial_ = 0;
  int bad_lines_ = 0;
};

}  // namespace loka::sim
