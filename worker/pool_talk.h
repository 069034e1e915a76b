// A conversation with a pool, one line at a time, blocking with a deadline: for trying a pool by
// hand. What miners depend on does not go through here.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ip_address.h"
#include "common/base/result.h"
#include "common/base/time.h"
#include "common/config/config.h"
#include "common/stratum/parse.h"

namespace loka::worker {

// The addresses behind a name or a literal address, in the resolver's order. Blocks.
//   error  a reason for people
[[nodiscard]] Result<std::vector<SocketAddress>, std::string> resolve(
    const config::Endpoint& endpoint);

class PoolTalk {
 public:
  // Tries the addresses in turn until one connects.
  //   error  why the last one did not
  [[nodiscard]] static Result<PoolTalk, std::string> connect(
      std::span<const SocketAddress> addresses, Instant deadline);
  ~PoolTalk();
  PoolTalk(PoolTalk&& other) noexcept;
  PoolTalk& operator=(PoolTalk&&) = delete;

  // A whole line with its newline.
  [[nodiscard]] Result<void, std::string> say(std::string_view line, Instant deadline);

  // The next line that is a message; valid until the next call.
  struct Heard {
    std::string_view line;
    const stratum::Message* message;
  };
  [[nodiscard]] Result<Heard, std::string> hear(Instant deadline);

 private:
  explicit PoolTalk(int socket);

  int socket_;
  std::string received_;  // at most one line's limit and one read
  size_t taken_ = 0;      // of it
  stratum::Parser parser_;
  stratum::Message message_;
};

}  // namespace loka::worker
