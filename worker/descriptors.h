// The descriptor table that keeper and engine share, as the keeper handles it: it knows its own
// numbers and nothing of the others, which are sessions and pool connections.
#pragma once

#include <span>

namespace loka::worker {

// Closes every descriptor from 3 on except these, sorted or not. Opens none and takes no heap; only
// for a moment in which no engine lives.
void close_all_but(std::span<const int> kept);

// One message of the supervisor's, if there is one. kNewLog: `descriptor` came with it and belongs
// to the caller. kGone: the supervisor's end is closed.
enum class ChannelMessage : unsigned char { kNone, kNewLog, kGone };
[[nodiscard]] ChannelMessage receive_message(int channel, int& descriptor);

// Whether the supervisor's end is closed; receives nothing.
[[nodiscard]] bool is_channel_closed(int channel);

}  // namespace loka::worker
