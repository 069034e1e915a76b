#include "supervisor/reuseport_program.h"

#include <vector>

#include <doctest/doctest.h>

using namespace loka::supervisor;

namespace {

// The few instructions that such a program may use, as linux/filter.h defines them.
uint32_t run(const std::vector<sock_filter>& program, uint32_t random) {
  uint32_t a = 0;
  for (size_t at = 0; at < program.size(); ++at) {
    const sock_filter& step = program[at];
    switch (step.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        REQUIRE(step.k == static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_RANDOM));
        a = random;
        break;
      case BPF_ALU | BPF_MOD | BPF_K:
        a %= step.k;
        break;
      case BPF_ALU | BPF_ADD | BPF_K:
        a += step.k;
        break;
      case BPF_JMP | BPF_JGE | BPF_K:
        at += a >= step.k ? step.jt : step.jf;
        break;
      case BPF_RET | BPF_A:
        return a;
      default:
        FAIL("unexpected instruction " << step.code);
    }
  }
  FAIL("the program ends without a verdict");
  return 0;
}

std::vector<uint32_t> verdicts(uint32_t sockets, const std::vector<uint32_t>& left_out) {
  const auto program = reuseport_program(sockets, left_out);
  std::vector<uint32_t> all;
  for (uint32_t random = 0; random < sockets - left_out.size(); ++random) {
    all.push_back(run(program, random));
  }
  return all;
}

using Numbers = std::vector<uint32_t>;

}  // namespace

TEST_CASE("reuseport_program: every remaining socket is chosen equally often") {
  CHECK(verdicts(4, {1}) == Numbers{0, 2, 3});
  CHECK(verdicts(4, {0}) == Numbers{1, 2, 3});
  CHECK(verdicts(4, {3}) == Numbers{0, 1, 2});
  CHECK(verdicts(5, {1, 3}) == Numbers{0, 2, 4});
  CHECK(verdicts(5, {0, 1, 2, 3}) == Numbers{4});
  CHECK(verdicts(2, {0}) == Numbers{1});
  CHECK(verdicts(3, {}) == Numbers{0, 1, 2});
}

TEST_CASE("reuseport_program: 63 of 64 left out fits what the kernel takes") {
  Numbers left_out;
  for (uint32_t number = 0; number < 64; ++number) {
    if (number != 40) left_out.push_back(number);
  }
  CHECK(verdicts(64, left_out) == Numbers{40});
  CHECK(reuseport_program(64, left_out).size() <= BPF_MAXINSNS);
}
