// The classic BPF program that leaves sockets out of a SO_REUSEPORT group. Pure: it only writes the
// instructions; listener_set attaches them. The kernel numbers a group's sockets from 0 in the
// order of their listen(); the program returns such a number for each new connection.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <linux/filter.h>

namespace loka::supervisor {

// Chooses at random among the numbers 0…sockets-1 that are not in left_out.
//   left_out  ascending, without repetitions, each below `sockets`, fewer than `sockets` of them
[[nodiscard]] std::vector<sock_filter> reuseport_program(uint32_t sockets,
                                                         std::span<const uint32_t> left_out);

}  // namespace loka::supervisor
