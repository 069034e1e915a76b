#include "common/control/message.h"

#include <algorithm>
#include <array>

#include "common/json/document.h"
#include "common/json/writer.h"

namespace loka::control {

namespace {

struct VerbName {
  Verb verb;
  std::string_view name;
};
constexpr std::array<VerbName, 10> kVerbs{{{Verb::kStatus, "status"},
                                           {Verb::kWorkers, "workers"},
                                           {Verb::kMiners, "miners"},
                                           {Verb::kMiner, "miner"},
                                           {Verb::kPools, "pools"},
                                           {Verb::kConfig, "config"},
                                           {Verb::kReload, "reload"},
                                           {Verb::kReopenLogs, "reopen-logs"},
                                           {Verb::kStop, "stop"},
                                           {Verb::kVersion, "version"}}};

constexpr std::string_view kOkBegin = R"({"ok":true,"data":)";
constexpr std::string_view kOkEnd = "}";

Refusal malformed(std::string sentence) { return {std::move(sentence), true}; }

}  // namespace

std::string_view name(Verb verb) {
  return std::find_if(kVerbs.begin(), kVerbs.end(),
                      [&](const VerbName& v) { return v.verb == verb; })
      ->name;
}

std::optional<Verb> verb_from_name(std::string_view name) {
  for (const VerbName& known : kVerbs) {
    if (known.name == name) return known.verb;
  }
  return std::nullopt;
}

std::string encode_request(const Request& request) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().member("verb", name(request.verb)).key("args").begin_object();
  if (request.verb == Verb::kMiner) writer.member("name", request.miner);
  writer.end_object().end_object();
  return out;
}

Result<Request, std::string> decode_request(std::string_view json) {
  const auto document = json::Document::parse(json);
  if (!document) return Error(std::string("the request is not JSON"));
  const json::Value root = document->root();
  const auto wanted = root["verb"].as_string();
  if (!wanted) return Error(std::string("the request has no verb"));
  const auto verb = verb_from_name(*wanted);
  if (!verb) return Error("unknown verb '" + std::string(wanted->substr(0, 64)) + "'");
  Request request{*verb, {}};
  if (*verb == Verb::kMiner) {
    const auto miner = root["args"]["name"].as_string();
    if (!miner || miner->empty()) return Error(std::string("miner wants the name of a miner"));
    if (miner->size() > kMinerNameBytesMax) return Error(std::string("the name is too long"));
    request.miner = *miner;
  }
  return request;
}

std::string encode_ok(std::string_view data) {
  std::string out;
  out.reserve(kOkBegin.size() + data.size() + kOkEnd.size());
  return out.append(kOkBegin).append(data).append(kOkEnd);
}

std::string encode_refusal(std::string_view sentence) {
  std::string out;
  json::Writer(out).begin_object().member("ok", false).member("error", sentence).end_object();
  return out;
}

Result<std::string, Refusal> decode_answer(std::string_view json) {
  // What encode_ok() puts around a document is taken off without parsing megabytes of miners twice.
  if (json.starts_with(kOkBegin) && json.ends_with(kOkEnd)) {
    json.remove_prefix(kOkBegin.size());
    json.remove_suffix(kOkEnd.size());
    return std::string(json);
  }
  const auto document = json::Document::parse(json);
  if (!document) return Error(malformed("the answer is not JSON"));
  const json::Value root = document->root();
  const auto ok = root["ok"].as_bool();
  if (!ok) return Error(malformed("the answer does not say whether it is one"));
  if (!*ok) {
    const auto sentence = root["error"].as_string();
    if (!sentence) return Error(malformed("the refusal gives no reason"));
    return Error(Refusal{std::string(*sentence), false});
  }
  if (!root["data"].is_object()) return Error(malformed("the answer has no data"));
  return std::string(root["data"].raw());  // another service's spacing or order of members
}

}  // namespace loka::control
