#include "tools/sim/miner.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "common/base/check.h"
#include "common/base/hex.h"
#include "common/json/document.h"
#include "common/json/number.h"
#include "common/json/writer.h"
#include "common/stratum/limits.h"

namespace loka::sim {

namespace {

using stratum::Message;
using stratum::Method;
using stratum::Type;

constexpr uint64_t kNonces = uint64_t{1} << 32U;
// A passthrough proxy hands on whatever its pool has; more than this no coinbase could hold.
constexpr size_t kExtranonce1BytesMax = 32;

// The text as a JSON string, quotes included.
std::string quoted(std::string_view text) {
  std::string json;
  json::Writer(json).string(text);
  return json;
}

bool has_no_error(const Message& message) { return message.error.is_null(); }

std::optional<std::vector<uint8_t>> read_extranonce1(std::string_view digits) {
  if (digits.size() % 2 != 0 || digits.size() > 2 * kExtranonce1BytesMax) return std::nullopt;
  std::vector<uint8_t> bytes(digits.size() / 2);
  if (!hex_decode(digits, bytes)) return std::nullopt;
  return bytes;
}

std::optional<size_t> read_extranonce2_size(std::string_view digits) {
  const auto size = json::to_uint64(digits);
  if (!size || *size < 1 || *size > stratum::kExtranonce2BytesMax) return std::nullopt;
  return static_cast<size_t>(*size);
}

// Pools write errors as [code, text, …], as {"code": …}, as text or as true.
int code_of_error(const Message& message, std::string_view line) {
  constexpr int kUnknown = 20;
  const auto error = json::Document::parse(message.error.span.of(line));
  if (!error) return kUnknown;
  const json::Value code = error->root().is_array() ? error->root().at(0) : error->root()["code"];
  return static_cast<int>(code.as_int64().value_or(kUnknown));
}

}  // namespace

Miner::Miner(const FarmOptions& options, std::string login, uint64_t seed)
    : options_(options),
      login_(std::move(login)),
      escaped_login_(quoted(login_)),
      random_(seed),
      extranonce2_(random_.next()) {}

void Miner::begin(std::string& output) {
  is_subscribed_ = is_authorized_ = is_rolling_ = has_work_ = false;
  version_mask_ = 0;
  job_.reset();
  next_extranonce_.reset();
  next_target_ = bitcoin::kDifficultyOneTarget;
  step_ids_.fill(0);
  step_ = Step::kConfigure;
  if (!is_wanted(step_)) return advance(output);
  request(step_, output);
  if (options_.is_pipelined)
    while (step_ != Step::kDone) advance(output);
}

size_t Miner::end(FarmTotals& totals) {
  if (is_authorized_) --totals.authorized;
  is_authorized_ = false;
  job_.reset();
  return open_.abandon();
}

bool Miner::is_wanted(Step step) const {
  if (step == Step::kConfigure) return options_.rolls_version;
  if (step == Step::kExtranonce) return options_.subscribes_extranonce;
  return true;
}

void Miner::advance(std::string& output) {
  do {
    step_ = static_cast<Step>(static_cast<uint8_t>(step_) + 1);
  } while (step_ != Step::kDone && !is_wanted(step_));
  if (step_ == Step::kDone) return;
  request(step_, output);
}

void Miner::request(Step step, std::string& output) {
  const uint64_t id = next_id_++;
  step_ids_[static_cast<size_t>(step)] = id;
  json::Writer writer(output);
  writer.begin_object().member("id", id).key("method");
  switch (step) {
    case Step::kConfigure:
      writer.string("mining.configure")
          .key("params")
          .raw(R"([["version-rolling"],{"version-rolling.mask":"ffffffff",)"
               R"("version-rolling.min-bit-count":2}])");
      break;
    case Step::kSubscribe:
      writer.string("mining.subscribe").key("params").begin_array().string(options_.agent);
      writer.end_array();
      break;
    case Step::kAuthorize:
      writer.string("mining.authorize").key("params").begin_array().string(login_);
      writer.string(options_.password).end_array();
      break;
    case Step::kExtranonce:
      writer.string("mining.extranonce.subscribe").key("params").begin_array().end_array();
      break;
    case Step::kDone:
      CHECK(false);
  }
  writer.end_object().append("\n");
}

Miner::Event Miner::handle(std::string_view line, stratum::Parser& parser, Instant now,
                           FarmTotals& totals, std::string& output) {
  const auto message = parser.parse(line);
  if (!message) {
    ++totals.bad_lines;
    return Event::kNothing;
  }
  const bool was_ready = is_ready();
  Event event = Event::kNothing;
  if (message->kind == stratum::Kind::kResponse)
    event = handle_answer(*message, line, now, totals, output);
  else if (!handle_request(*message, line, totals))
    ++totals.bad_lines;
  return !was_ready && is_ready() ? Event::kReady : event;
}

Miner::Event Miner::handle_answer(const Message& message, std::string_view line, Instant now,
                                  FarmTotals& totals, std::string& output) {
  uint64_t id = 0;
  const std::string_view digits = message.id.text;
  std::from_chars(digits.data(), digits.data() + digits.size(), id);
  if (const auto sent = open_.take(id)) {
    totals.latency.add(now - *sent);
    count_verdict(message, line, totals);
    return Event::kAnswered;
  }
  const auto found = std::find(step_ids_.begin(), step_ids_.end(), id);
  if (id == 0 || found == step_ids_.end()) {
    ++totals.answered_twice;
    return Event::kNothing;
  }
  *found = 0;
  const auto step = static_cast<Step>(found - step_ids_.begin());
  handle_step_answer(step, message, line, totals);
  if (step == step_) advance(output);
  return Event::kNothing;
}

void Miner::handle_step_answer(Step step, const Message& message, std::string_view line,
                               FarmTotals& totals) {
  const bool is_refused = !has_no_error(message) || message.result.type == Type::kFalse;
  switch (step) {
    case Step::kConfigure:
      if (!is_refused) take_configure_result(message.result.span.of(line));
      break;
    case Step::kSubscribe:
      is_subscribed_ = !is_refused && take_subscribe_result(message.result.span.of(line));
      if (!is_subscribed_) ++totals.bad_lines;
      break;
    case Step::kAuthorize:
      is_authorized_ = !is_refused;  // null with no error is a yes
      if (is_authorized_)
        totals.authorized_max = std::max(totals.authorized_max, ++totals.authorized);
      else
        ++totals.authorize_refused;
      break;
    case Step::kExtranonce:
    case Step::kDone:
      break;
  }
}

void Miner::count_verdict(const Message& message, std::string_view line, FarmTotals& totals) {
  if (message.result.type == Type::kTrue && has_no_error(message)) {
    ++totals.accepted;
    return;
  }
  ++totals.rejected;
  totals.rejected_by_code.add(code_of_error(message, line));
}

void Miner::take_configure_result(std::string_view result) {
  const auto document = json::Document::parse(result);
  if (!document) return;
  const json::Value root = document->root();
  const auto mask = root["version-rolling.mask"].as_string();
  is_rolling_ = root["version-rolling"].as_bool().value_or(false) && mask.has_value();
  if (is_rolling_) take_version_mask(hex_u32(*mask).value_or(0));
}

bool Miner::take_subscribe_result(std::string_view result) {
  const auto document = json::Document::parse(result);
  if (!document) return false;
  const auto digits = document->root().at(1).as_string();
  const auto extranonce1 = digits ? read_extranonce1(*digits) : std::nullopt;
  const auto size = read_extranonce2_size(document->root().at(2).raw());
  if (!extranonce1 || !size) return false;
  extranonce_ = {*extranonce1, *size};
  return true;
}

bool Miner::handle_request(const Message& message, std::string_view line, FarmTotals& totals) {
  const stratum::Value& first = message.param[0];
  switch (message.method) {
    case Method::kNotify:
      ++totals.jobs;
      return take_job(message, line);
    case Method::kSetDifficulty: {
      const auto target = bitcoin::target_of_difficulty_text(first.text);
      if (target) next_target_ = *target;
      return target.has_value();
    }
    case Method::kSetTarget: {
      const auto target = bitcoin::Uint256::parse(first.text);
      if (target) next_target_ = *target;
      return target.has_value();
    }
    case Method::kSetExtranonce:
      return take_extranonce(message);
    case Method::kSetVersionMask: {
      const auto mask = hex_u32(first.text);
      if (mask && is_rolling_) take_version_mask(*mask);
      return mask.has_value();
    }
    default:
      return true;  // not our business
  }
}

bool Miner::take_job(const Message& message, std::string_view line) {
  auto job = mining::read_job(message, line);
  if (!job) return false;
  escaped_job_id_ = quoted(job->id);
  job_ = std::move(*job);
  target_ = next_target_;
  if (next_extranonce_) extranonce_ = *std::exchange(next_extranonce_, std::nullopt);
  has_work_ = false;
  return true;
}

bool Miner::take_extranonce(const Message& message) {
  const auto extranonce1 = read_extranonce1(message.param[0].text);
  if (!extranonce1 || message.param[0].type != Type::kString) return false;
  size_t size = extranonce_.extranonce2_size;  // without a second item it stays
  if (message.param[1].is_present()) {
    const auto given = read_extranonce2_size(message.param[1].text);
    if (!given) return false;
    size = *given;
  }
  next_extranonce_ = Extranonce{*extranonce1, size};
  return true;
}

// BIP 310: counts at once, for the running job too.
void Miner::take_version_mask(uint32_t mask) {
  version_mask_ = mask;
  has_work_ = false;
}

bool Miner::search(size_t& hashes) {
  CHECK(can_submit());
  if (!has_work_ || nonce_ == kNonces) begin_work();
  for (; hashes > 0 && nonce_ < kNonces; --hashes) {
    bitcoin::put_nonce(header_, static_cast<uint32_t>(nonce_++));
    if (bitcoin::Uint256::from_little_endian(bitcoin::sha256d(header_)) <= target_) return true;
  }
  return false;
}

void Miner::begin_work() {
  ++extranonce2_;
  extranonce2_bytes_.assign(extranonce_.extranonce2_size, 0);
  for (size_t i = 0; i < std::min<size_t>(extranonce2_bytes_.size(), 8); ++i)
    extranonce2_bytes_[i] = static_cast<uint8_t>(extranonce2_ >> (8 * i));
  version_bits_ = static_cast<uint32_t>(random_.next()) & version_mask_;
  mining::Work work;
  work.extranonce1 = extranonce_.extranonce1;
  work.extranonce2 = extranonce2_bytes_;
  work.version = bitcoin::rolled_version(job_->version, version_mask_, version_bits_).value();
  work.ntime = job_->ntime;
  header_ = mining::header_bytes(job_->view(), work);
  nonce_ = 0;
  has_work_ = true;
}

void Miner::submit(Instant now, FarmTotals& totals, std::string& output) {
  const uint64_t id = next_id_++;
  std::array<char, 2 * stratum::kExtranonce2BytesMax> digits;
  const std::string_view extranonce2(digits.data(), hex_encode(extranonce2_bytes_, digits.data()));
  const auto out = std::back_inserter(output);
  fmt::format_to(out,
                 R"({{"id":{},"method":"mining.submit","params":[{},{},"{}","{:08x}","{:08x}")", id,
                 escaped_login_, escaped_job_id_, extranonce2, job_->ntime, nonce_ - 1);
  if (is_rolling_) fmt::format_to(out, R"(,"{:08x}")", version_bits_);
  output += "]}\n";
  open_.add(id, now);
  ++totals.submitted;
}

}  // namespace loka::sim
