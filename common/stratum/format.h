// Every line that we send ourselves, and the few changes to lines that go on as they came. All
// functions write into `out` and return the length, newline included, or 0 if it does not fit;
// nothing is allocated. The caller's buffer is then unspecified, so a length of 0 must not be sent.
//
// id: raw JSON text, as it came; empty means null.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "common/stratum/message.h"

namespace loka::stratum {

// ---- answers -----------------------------------------------------------------------------------

size_t response_true(std::span<char> out, std::string_view id);
// result: JSON.
size_t response_result(std::span<char> out, std::string_view id, std::string_view result);
// {"id":…,"result":null,"error":[code,"text",null]}: the form that all firmwares read. text: plain,
// need not be valid UTF-8.
size_t response_error(std::span<char> out, std::string_view id, int code, std::string_view text);
// The answer to mining.ping, from either side.
size_t pong(std::span<char> out, std::string_view id);
// [[["mining.set_difficulty",sid],["mining.notify",sid]],extranonce1,size]; the session id is the
// extranonce1. extranonce1: hex.
size_t subscribe_result(std::span<char> out, std::string_view id, std::string_view extranonce1,
                        int extranonce2_size);

// ---- requests, to a pool -----------------------------------------------------------------------

// params: JSON.
size_t request(std::span<char> out, uint64_t id, std::string_view method, std::string_view params);
// Asks for version rolling within `mask`, with min-bit-count 2.
size_t configure(std::span<char> out, uint64_t id, uint32_t mask);
size_t subscribe(std::span<char> out, uint64_t id, std::string_view agent);
size_t authorize(std::span<char> out, uint64_t id, std::string_view login,
                 std::string_view password);

// ---- notifications, to a miner -----------------------------------------------------------------

size_t set_difficulty(std::span<char> out, double difficulty);
// extranonce1: hex.
size_t set_extranonce(std::span<char> out, std::string_view extranonce1, int extranonce2_size);
size_t set_version_mask(std::span<char> out, uint32_t mask);

// ---- lines that go on --------------------------------------------------------------------------
// line: as it was parsed, message: what the parser made of it. Blanks behind the object are left
// out, and a tab or carriage return between its parts becomes a blank, since no raw control byte
// goes out. All else stays byte for byte.

size_t as_it_came(std::span<char> out, std::string_view line);
// The same for a notification: a notify of more than nine items loses the rest, because Bitaxe
// takes the last item for clean_jobs.
size_t as_it_came(std::span<char> out, std::string_view line, const Message& message);

// A miner's request on its way to the pool: with our id, added if it had none, and with `login`
// (JSON, quotes included) in place of the first of its params unless `login` is empty. 0 also if
// there are no params to put a login into.
size_t rewrite(std::span<char> out, std::string_view line, const Message& message, uint64_t id,
               std::string_view login = {});
// An answer on its way back to the miner, with the miner's own id. 0 also if the answer has no id:
// then it is nobody's.
size_t rewrite_id(std::span<char> out, std::string_view line, const Message& message,
                  std::string_view id);

// A text as JSON with its quotes; returns the length, 0 if it does not fit.
size_t quote(std::string_view text, std::span<char> out);

}  // namespace loka::stratum
