#include "worker/net/self_test.h"

#include <doctest/doctest.h>

using namespace loka;
using namespace loka::net;

namespace {

// Ways to count wrong, each one that somebody could write in good faith.
Result<SocketCounts, SystemError> with_fin(int descriptor, Origin origin) {
  auto counts = socket_counts(descriptor, origin);
  if (counts && counts->state == TcpState::kPeerFinished) ++counts->consumed;
  return counts;
}

Result<SocketCounts, SystemError> with_syn(int descriptor, Origin) {
  return socket_counts(descriptor, Origin::kAccepted);
}

Result<SocketCounts, SystemError> with_fin_taken_off_after_reset(int descriptor, Origin origin) {
  auto counts = socket_counts(descriptor, origin);
  if (counts && counts->state == TcpState::kClosed) --counts->consumed;
  return counts;
}

Result<SocketCounts, SystemError> without_unread(int descriptor, Origin origin) {
  auto counts = socket_counts(descriptor, origin);
  if (counts) counts->consumed += 700;
  return counts;
}

Result<SocketCounts, SystemError> refused(int, Origin) {
  return Error(SystemError{"getsockopt TCP_INFO", 92});
}

}  // namespace

TEST_CASE("self test: the counts of this kernel are exact") {
  const auto result = run_self_test();
  INFO("failed: ", std::string(result.socket), " ", std::string(result.failed_case));
  CHECK(result.is_exact);
  CHECK(result.failed_case.empty());
}

TEST_CASE("self test: wrong counts are noticed and named") {
  struct Wrong {
    CountFunction count;
    std::string_view failed_case;
    std::string_view socket;
  };
  for (const auto& [count, failed_case, socket] : {
           Wrong{&with_fin, "after FIN", "accepted"},
           Wrong{&with_syn, "with unread and unsent bytes", "connected"},
           Wrong{&with_fin_taken_off_after_reset, "after RST", "accepted"},
           Wrong{&without_unread, "with unread and unsent bytes", "accepted"},
           Wrong{&refused, "with unread and unsent bytes", "accepted"},
       }) {
    const auto result = run_self_test(count);
    CHECK_FALSE(result.is_exact);
    CHECK(result.failed_case == failed_case);
    CHECK(result.socket == socket);
  }
}
