// What a pool answers and announces: results of subscribe and configure, errors, notifications.
#include "common/stratum/configure_result.h"
#include "common/stratum/hex_text.h"
#include "common/stratum/limits.h"
#include "common/stratum/notify.h"
#include "common/stratum/parse.h"
#include "common/stratum/reconnect.h"
#include "common/stratum/reject.h"
#include "common/stratum/subscribe_result.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace loka::stratum;

void check_subscribe(std::string_view json) {
  const auto granted = read_subscribe_result(json);
  if (!granted) return;
  CHECK(is_extranonce1(granted->extranonce1));
  CHECK(granted->extranonce2_size >= 1 && granted->extranonce2_size <= kExtranonce2BytesMax);
}

void check_configure(std::string_view json) {
  const ConfigureResult granted = read_configure_result(json);
  CHECK(granted.has_rolling == (granted.mask != 0));
  const ConfigureRequest asked = read_configure_request(json);
  if (asked.minimum_difficulty) CHECK(*asked.minimum_difficulty >= 0);
}

void check_reject(const Message& message, std::string_view line) {
  const auto reject = reject_of(message, line);
  if (!reject) return;
  CHECK(loka::is_valid_utf8(reject->text.view()));
  for (const char c : reject->text.view()) CHECK(static_cast<uint8_t>(c) >= 0x20);
  CHECK(!name_of(classify(*reject)).empty());
  CHECK(message.error.is_null() || !is_accepted(message));
}

void check_notify(const Message& message, std::string_view line) {
  const auto job = read_notify(line, message);
  if (!job) return;
  CHECK(!job->job_id.empty() && job->job_id.size() <= kJobIdBytesMax);
  CHECK(job->prevhash.size() == 64 && is_hex(job->prevhash));
  CHECK(is_hex_bytes(job->coinb1) && is_hex_bytes(job->coinb2));
  const auto branch = loka::json::Document::parse(job->merkle_branch.of(line));
  CHECK(branch.has_value());
  CHECK(branch->root().size() == job->merkle_branch_count);
  branch->root().for_each_item([](loka::json::Value hash) {
    CHECK(hash.as_string().has_value() && hash.as_string()->size() == 64);
  });
}

void check_others(const Message& message) {
  if (const auto difficulty = read_set_difficulty(message)) CHECK(*difficulty > 0);
  if (const auto change = read_set_extranonce(message)) {
    CHECK(is_extranonce1(change->extranonce1));
    CHECK(change->extranonce2_size.value_or(1) >= 1);
  }
  if (const auto target = read_set_target(message)) CHECK(target->size() == 64);
  (void)read_set_version_mask(message).has_value();
  if (const auto target = read_reconnect(message)) {
    CHECK(target->wait <= kReconnectWaitMax && target->wait >= loka::Duration());
    CHECK(target->port.value_or(1) > 0);
    if (may_reconnect_to("us1.pool.example.com", target->host))
      CHECK(target->host.empty() || target->host.size() >= sizeof ".pool.example.com" - 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Parser parser(kPoolLineBytesMax);
  loka::fuzz::Input input(data, size);
  const std::string_view line = input.rest();
  check_subscribe(line);
  check_configure(line);
  const auto message = parser.parse(line);
  if (!message) return 0;
  check_subscribe(message->result.span.of(line));
  check_configure(message->result.span.of(line));
  check_configure(message->params.span.of(line));
  check_reject(*message, line);
  check_notify(*message, line);
  check_others(*message);
  return 0;
}
