#include "supervisor/reuseport_program.h"

#include <algorithm>

#include "common/base/check.h"

namespace loka::supervisor {

// A = random mod (number of remaining sockets), then stepped over every number that is left out:
// with {1, 3} left out of five, 0 1 2 becomes 0 2 4. Random and not the packet's hash, because
// SKF_AD_RXHASH is 0 for loopback and many virtual interfaces, which would give all to one socket.
std::vector<sock_filter> reuseport_program(uint32_t sockets, std::span<const uint32_t> left_out) {
  CHECK(left_out.size() < sockets);
  CHECK(std::ranges::is_sorted(left_out) && (left_out.empty() || left_out.back() < sockets));
  const uint32_t remaining = sockets - static_cast<uint32_t>(left_out.size());
  std::vector<sock_filter> program;
  program.reserve(3 + 2 * left_out.size());
  program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, uint32_t(SKF_AD_OFF) + SKF_AD_RANDOM));
  program.push_back(BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, remaining));
  for (const uint32_t number : left_out) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, number, 0, 1));
    program.push_back(BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_A, 0));
  return program;
}

}  // namespace loka::supervisor
