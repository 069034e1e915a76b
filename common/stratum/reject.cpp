#include "common/stratum/reject.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "common/base/utf8.h"
#include "common/json/number.h"

namespace loka::stratum {
namespace {

// Codes that pools in the wild use lie between -32768 and a few hundred.
constexpr int64_t kCodeMax = 100'000;

int code_of(const Value& value) {
  const std::optional<int64_t> code = json::to_int64(value.text);
  return code && std::abs(*code) <= kCodeMax ? static_cast<int>(*code) : kErrorOther;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

struct Word {
  std::string_view word;  // lower case
  RejectClass reject;
  bool is_whole = false;  // "low" must not be found in "not allowed"
};

bool contains(std::string_view text, const Word& wanted) {
  const auto is_same = [](char a, char b) { return lower(a) == b; };
  for (auto from = text.begin(); from != text.end(); ++from) {
    const auto found =
        std::search(from, text.end(), wanted.word.begin(), wanted.word.end(), is_same);
    if (found == text.end()) return false;
    const auto behind = found + static_cast<ptrdiff_t>(wanted.word.size());
    const bool is_alone = (found == text.begin() || !is_letter(*(found - 1))) &&
                          (behind == text.end() || !is_letter(*behind));
    if (is_alone || !wanted.is_whole) return true;
    from = found;
  }
  return false;
}

// the codes of btcpool and of ckpool: ckpool's and DATUM's texts among them. The order matters
// where one text holds two of the words ("stale share: low difficulty").
constexpr std::array<Word, 12> kWords = {{
    {"stale", RejectClass::kStale},
    {"job not found", RejectClass::kStale},
    {"invalid jobid", RejectClass::kStale},
    {"unknown-work", RejectClass::kStale},
    {"prevblk", RejectClass::kStale},
    {"dup", RejectClass::kDuplicate},
    {"low", RejectClass::kLowDifficulty, true},
    {"above target", RejectClass::kLowDifficulty},
    {"high-hash", RejectClass::kLowDifficulty},
    {"h-not-zero", RejectClass::kLowDifficulty},
    {"unauth", RejectClass::kUnauthorized},
    {"not authorized", RejectClass::kUnauthorized},
}};

std::optional<RejectClass> by_code(int code) {
  switch (code) {
    case kErrorJobNotFound:
    case 36:  // btcpool: job not found
    case 37:  // btcpool: stale share
      return RejectClass::kStale;
    case kErrorDuplicate:
      return RejectClass::kDuplicate;
    case kErrorLowDifficulty:
      return RejectClass::kLowDifficulty;
    case kErrorUnauthorized:
    case 29:  // btcpool: invalid username
      return RejectClass::kUnauthorized;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::string_view error_text(int code) {
  switch (code) {
    case kErrorJobNotFound:
      return "Job not found";
    case kErrorDuplicate:
      return "Duplicate share";
    case kErrorLowDifficulty:
      return "Low difficulty share";
    case kErrorUnauthorized:
      return "Unauthorized worker";
    case kErrorNotSubscribed:
      return "Not subscribed";
    default:
      return "Other/Unknown";
  }
}

std::optional<Reject> reject_of(const Message& response, std::string_view line) {
  const Value& error = response.error;
  if (error.is_null() && response.reject_reason.type != Type::kString) return std::nullopt;
  Reject reject;
  std::string_view text = response.reject_reason.text;
  if (error.type == Type::kString) {
    text = error.text;
  } else if (!error.is_null()) {
    reject.code = code_of(response.error_code);
    text =
        response.error_text.type == Type::kString ? response.error_text.text : error.span.of(line);
  }
  reject.text.assign(sanitise(text, kRejectTextBytesMax));
  return reject;
}

bool is_accepted(const Message& response) {
  return response.result.type == Type::kTrue && response.error.is_null();
}

bool is_granted(const Message& response) {
  return response.error.is_null() && response.result.type != Type::kFalse;
}

std::string_view name_of(RejectClass reject) {
  switch (reject) {
    case RejectClass::kStale:
      return "stale";
    case RejectClass::kDuplicate:
      return "duplicate";
    case RejectClass::kLowDifficulty:
      return "low_difficulty";
    case RejectClass::kUnauthorized:
      return "unauthorized";
    case RejectClass::kOther:
      return "other";
  }
  return "other";
}

RejectClass classify(int code, std::string_view text) {
  if (const auto reject = by_code(code)) return *reject;
  for (const Word& word : kWords)
    if (contains(text, word)) return word.reject;
  return RejectClass::kOther;
}

}  // namespace loka::stratum
