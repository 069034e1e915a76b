// What a miner says, line by line: refused here, answered here, or handed on to its pool. The
// handshake goes one step at a time: a line that needs a pool, or that comes while a step is at the
// pool, waits.
#pragma once

#include <cstdint>
#include <string_view>

#include "shm/transaction.h"
#include "worker/session/turn.h"

namespace loka::worker {

enum class LineOutcome : uint8_t {
  kHandled,
  kDeferred,  // the line must be given again when the session's gate is open
};

// One whole line without its newline, at most kMinerLineBytesMax long. The session's gate must be
// open. The caller moves the session's input position when the line was handled.
LineOutcome handle_miner_line(shm::Transaction& tx, uint32_t session, std::string_view line,
                              const Turn& turn);

// Whether the first bytes of a connection belong to another protocol: HTTP, TLS, SSH, PROXY, a
// binary one. A JSON object begins with '{', whatever blanks precede it.
[[nodiscard]] bool is_foreign_protocol(std::string_view first_bytes);

}  // namespace loka::worker
