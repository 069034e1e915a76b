#include "tools/sim/pool_session.h"

#include <iterator>

#include <fmt/format.h>

#include "common/base/hex.h"
#include "common/json/document.h"
#include "common/json/writer.h"
#include "common/stratum/limits.h"

namespace loka::sim {

namespace {

using stratum::Message;
using stratum::Method;

// The answer's result is JSON text.
void answer(std::string& output, std::string_view id, std::string_view result) {
  fmt::format_to(std::back_inserter(output),
                 R"({{"id":{},"result":{},"error":null}})"
                 "\n",
                 id, result);
}

void refuse(std::string& output, std::string_view id, int code, std::string_view text) {
  fmt::format_to(std::back_inserter(output),
                 R"({{"id":{},"result":null,"error":[{},"{}",null]}})"
                 "\n",
                 id, code, text);
}

// What the client can roll; all where it does not say.
uint32_t wanted_mask(json::Value parameters) {
  const auto text = parameters["version-rolling.mask"].as_string();
  return text ? hex_u32(*text).value_or(0) : 0xffffffffU;
}

}  // namespace

bool PoolSession::handle(std::string_view line, stratum::Parser& parser, Pool& pool, Times times,
                         Output output) {
  const auto message = parser.parse(line);
  const stratum::Value& id = message ? message->id : parser.partial().id;
  const std::string_view id_text = id.is_present() ? id.span.of(line) : "null";
  if (!message) {
    ++pool.totals().bad_lines;
    refuse(output.at_once, id_text, 20, stratum::describe(message.error()));
    return ++bad_lines_ < stratum::kBadLinesMax;
  }
  // We ask nothing, so an answer is to nothing.
  if (message->kind == stratum::Kind::kRequest)
    handle_request({*message, line, id_text}, pool, times, output);
  return true;
}

void PoolSession::handle_request(const Request& request, Pool& pool, Times times, Output output) {
  switch (request.message.method) {
    // These four are waited for, so they are answered even when their id is null.
    case Method::kConfigure:
      configure(request, pool, output.at_once);
      break;
    case Method::kSubscribe:
      subscribe(request, pool, output.at_once);
      break;
    case Method::kAuthorize:
      authorize(request, pool, output.at_once);
      break;
    case Method::kSubmit:
      submit(request, pool, times, output.to_submits);
      break;
    default:
      if (request.message.wants_answer()) answer_other(request, output.at_once);
  }
  catch_up(pool, output.at_once);
}

// BIP 310: an entry for every extension that was asked for.
void PoolSession::configure(const Request& request, const Pool& pool, std::string& output) {
  const auto params = json::Document::parse(request.message.params.span.of(request.line));
  if (!params || !params->root().at(0).is_array())
    return refuse(output, request.id, 20, "Malformed configure");
  std::string result;
  json::Writer writer(result);
  writer.begin_object();
  params->root().at(0).for_each_item([&](json::Value item) {
    const std::string_view extension = item.as_string().value_or("");
    if (extension == "version-rolling") {
      version_mask_ = pool.options().version_mask & wanted_mask(params->root().at(1));
      writer.member(extension, version_mask_ != 0);
      if (version_mask_ != 0)
        writer.member("version-rolling.mask",
                      std::string_view(fmt::format("{:08x}", version_mask_)));
    } else if (!extension.empty()) {
      // Extranonces never change here, and whatever a miner tells about itself is welcome.
      writer.member(extension, extension == "subscribe-extranonce" || extension == "info");
    }
  });
  writer.end_object();
  answer(output, request.id, result);
}

// A second subscribe is answered with the same extranonce1.
void PoolSession::subscribe(const Request& request, const Pool& pool, std::string& output) {
  is_subscribed_ = true;
  const std::string extranonce1 = hex_encode(extranonce1_);
  answer(output, request.id,
         fmt::format(R"([[["mining.set_difficulty","d{0}"],["mining.notify","n{0}"]],"{0}",{1}])",
                     extranonce1, pool.options().extranonce2_size));
}

void PoolSession::authorize(const Request& request, const Pool& pool, std::string& output) {
  const stratum::Value& login = request.message.param[0];
  if (login.type != stratum::Type::kString || login.text.size() > stratum::kLoginBytesMax ||
      !pool.may_authorize(login.text) || logins_.size() >= kLoginsMax)
    return refuse(output, request.id, 24, "Unauthorized worker");
  logins_.emplace(login.text);
  answer(output, request.id, "true");
}

void PoolSession::submit(const Request& request, Pool& pool, Times times, std::string& output) {
  const auto submit = mining::read_submit(request.message);
  const Pool::Verdict verdict = submit
                                    ? pool.judge(*submit,
                                                 {is_subscribed_, logins_.contains(submit->login),
                                                  extranonce1_, first_serial_, version_mask_},
                                                 times)
                                    : pool.refuse_malformed();
  if (verdict.is_accepted)
    answer(output, request.id, "true");
  else
    refuse(output, request.id, verdict.code, verdict.text);
}

void PoolSession::answer_other(const Request& request, std::string& output) {
  switch (request.message.method) {
    case Method::kExtranonceSubscribe:
    case Method::kSuggestDifficulty:  // heard, but the difficulty is the one of the command line
    case Method::kSuggestTarget:
      return answer(output, request.id, "true");
    case Method::kPing:
      return answer(output, request.id, R"("pong")");
    case Method::kPong:
      return;
    case Method::kGetTransactions:
      return refuse(output, request.id, 20, "Not supported.");
    default:
      return refuse(output, request.id, 20, "Unsupported method");
  }
}

void PoolSession::catch_up(const Pool& pool, std::string& output) {
  const PoolJob& newest = pool.newest_job();
  if (!is_subscribed_ || logins_.empty() || last_serial_ == newest.serial) return;
  if (last_serial_ == 0) {
    first_serial_ = newest.serial;
    fmt::format_to(std::back_inserter(output),
                   R"({{"id":null,"method":"mining.set_difficulty","params":[{}]}})"
                   "\n",
                   pool.options().difficulty);
    output += newest.notify_clean;
  } else {
    output += newest.notify;
  }
  last_serial_ = newest.serial;
}

}  // namespace loka::sim
