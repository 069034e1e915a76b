// A token bucket for one counterpart, 8 bytes, trivially copyable, so that it can stand in a
// record. It keeps no number of tokens but the instant at which it will be full again (the generic
// cell rate algorithm of ATM): nothing has to be refilled, and there is no rounding that adds up.
#pragma once

#include <cstdint>
#include <type_traits>

#include "common/base/time.h"

namespace loka::policy {

// One token each `interval`, at most `burst` saved up. An interval of 0 is no limit at all.
struct TokenRate {
  Duration interval;
  uint32_t burst = 1;  // at least 1

  // "300 per minute" with a burst of 20: per(300, Duration::minutes(1), 20). count above 0.
  [[nodiscard]] static constexpr TokenRate per(uint32_t count, Duration time, uint32_t burst) {
    return {time / count, burst};
  }
};

class TokenBucket {
 public:
  // Takes one token, or nothing and returns false if there is none. A new bucket is full.
  constexpr bool take(const TokenRate& rate, Instant now) {
    if (available(rate, now) == 0) return false;
    full_at_ = (full_at_ > now ? full_at_ : now) + rate.interval;
    return true;
  }

  // Tokens that could be taken now, 0 to burst.
  [[nodiscard]] constexpr uint32_t available(const TokenRate& rate, Instant now) const {
    if (rate.interval <= Duration() || full_at_ <= now) return rate.burst;
    // Each token that is missing takes one interval; one that is under way is missing still.
    const int64_t missing = ((full_at_ - now).ns() + rate.interval.ns() - 1) / rate.interval.ns();
    return missing >= rate.burst ? 0 : rate.burst - static_cast<uint32_t>(missing);
  }

  // When there will be a token again; now or earlier if there is one.
  [[nodiscard]] constexpr Instant next_at(const TokenRate& rate) const {
    return full_at_ - rate.interval * (int64_t{rate.burst} - 1);
  }

 private:
  Instant full_at_;
};

static_assert(sizeof(TokenBucket) == 8 && std::is_trivially_copyable_v<TokenBucket>);

}  // namespace loka::policy
