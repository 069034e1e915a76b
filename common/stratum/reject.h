// Error codes of Stratum, and what an error of a pool means whatever form it has: an array, an
// object, a string, `true`, a number, or ckpool's reject-reason beside a result of false.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/base/fixed_string.h"
#include "common/stratum/message.h"

namespace loka::stratum {

inline constexpr int kErrorOther = 20;
inline constexpr int kErrorJobNotFound = 21;
inline constexpr int kErrorDuplicate = 22;
inline constexpr int kErrorLowDifficulty = 23;
inline constexpr int kErrorUnauthorized = 24;
inline constexpr int kErrorNotSubscribed = 25;

// The usual text: "Job not found" for 21; "Other/Unknown" for codes that are not above.
[[nodiscard]] std::string_view error_text(int code);

inline constexpr size_t kRejectTextBytesMax = 128;

struct Reject {
  int code = kErrorOther;
  FixedString<kRejectTextBytesMax> text;  // valid UTF-8 without control characters; may be empty
};

// What a response says against the request; nullopt if it has neither a non-null error nor a
// reject-reason. line: the one that was parsed. A code that is missing or no integer is 20; without
// a text of its own, the text is the error's JSON.
[[nodiscard]] std::optional<Reject> reject_of(const Message& response, std::string_view line);

// Whether a pool's answer accepts a share: only result true with error null does.
[[nodiscard]] bool is_accepted(const Message& response);

// Whether an answer grants a configure or an authorize: anything but false, without an error;
// p2pool answers authorize with null.
[[nodiscard]] bool is_granted(const Message& response);

// How a refused share is counted.
enum class RejectClass : uint8_t {
  kStale,
  kDuplicate,
  kLowDifficulty,
  kUnauthorized,
  kOther,
};

[[nodiscard]] std::string_view name_of(RejectClass reject);

// By the code where it is one of 21 to 25 or of the btcpool family, otherwise by the words of the
// text, as pools without codes (ckpool) and with their own (DATUM) need it.
[[nodiscard]] RejectClass classify(int code, std::string_view text);
[[nodiscard]] inline RejectClass classify(const Reject& reject) {
  return classify(reject.code, reject.text.view());
}

}  // namespace loka::stratum
