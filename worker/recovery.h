// What an engine does before its loop exists: it finishes the commit that was sealed, asks the
// kernel what became of every socket, closes what nobody names, and judges every record. A record
// that does not pass its checks is closed alone; everything is harmless to do twice, because the
// next engine may have to begin again.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "common/base/ip_address.h"
#include "shm/store.h"

namespace loka::worker {

struct Connection {
  shm::RecordKind kind;
  uint32_t index;
};

struct Recovered {
  std::vector<Connection> sound;        // to be attached, sessions first
  std::vector<Connection> broken;       // did not pass their checks: to be closed alone
  std::vector<Connection> begin_again;  // pool connections that were still connecting
  std::vector<Connection> poison;       // two engines died of it: at most one
  struct Accept {
    shm::SocketName socket;
    SocketAddress peer;
  };
  std::vector<Accept> adopted;  // accepted, and not yet written down
  // Bytes of one connection that the last engine had read and not yet written down; they stand in
  // the shard's scratch.
  Connection unread_of{};
  uint32_t unread_generation = 0;
  std::string_view unread;
  bool finished_commit = false;
};

// kept: descriptors that are nobody's connection and stay open. listeners are kept too, and tell
// which unnamed sockets are accepts. death_counts: whether the last death may blame what was in
// hand. beat is called once per record.
[[nodiscard]] Recovered recover(shm::Store& store, std::span<const int> listeners,
                                std::span<const int> kept, bool death_counts,
                                const std::function<void()>& beat);

// For a slot whose keeper died or whose shard is to be wiped: the public part still shows miners
// that nobody has any more. Their shares in flight are settled by recover(), which finds no request
// of them. Returns how many sessions were dropped.
uint32_t forget_public_rows(shm::Slot& slot);

}  // namespace loka::worker
