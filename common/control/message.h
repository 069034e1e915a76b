// What lokactl asks and what the service answers, as JSON text without its frame:
//   {"verb":"miner","args":{"name":"farm.rig7"}}
//   {"ok":true,"data":{…}}   {"ok":false,"error":"sentence"}
// The documents in "data" are described in documents.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace loka::control {

enum class Verb : uint8_t {
  kStatus,
  kWorkers,
  kMiners,
  kMiner,
  kPools,
  kConfig,
  kReload,
  kReopenLogs,
  kStop,
  kVersion,
};

// As on the wire and on lokactl's command line: "reopen-logs".
[[nodiscard]] std::string_view name(Verb verb);
[[nodiscard]] std::optional<Verb> verb_from_name(std::string_view name);

struct Request {
  Verb verb = Verb::kStatus;
  std::string miner;  // args.name of kMiner, at most kMinerNameBytesMax bytes; else empty
  bool operator==(const Request&) const = default;
};

inline constexpr size_t kMinerNameBytesMax = 256;

[[nodiscard]] std::string encode_request(const Request& request);
// The error is a sentence for the asker: "unknown verb 'foo'". Unknown args are ignored.
[[nodiscard]] Result<Request, std::string> decode_request(std::string_view json);

// data: one JSON document as to_json() of documents.h writes it.
[[nodiscard]] std::string encode_ok(std::string_view data);
[[nodiscard]] std::string encode_refusal(std::string_view sentence);

// The document of an answer as JSON text, which from_json() of documents.h judges, or the sentence
// of a refusal.
struct Refusal {
  std::string sentence;
  bool is_malformed = false;  // the bytes were not an answer at all
};
[[nodiscard]] Result<std::string, Refusal> decode_answer(std::string_view json);

}  // namespace loka::control
