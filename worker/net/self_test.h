// Proves at start, on loopback, that the kernel's counts are what socket_counts() takes them for:
// with traffic running, with unread bytes, after the peer's FIN, after a RST, after both, and with
// an urgent byte; on accepted and on connected sockets. Where they are not, a worker drops its
// sessions when its engine dies instead of handing them over with a byte lost or doubled.
#pragma once

#include <string_view>

#include "worker/net/socket_counts.h"

namespace loka::net {

struct SelfTestResult {
  bool is_exact = false;
  // Else: what was counted wrong or could not be tried ("after FIN then RST"), and on which socket
  // ("accepted", "connected"). Both live for ever.
  std::string_view failed_case;
  std::string_view socket;
};

// How counts are asked; exchanged by the test that proves that a wrong count is noticed.
using CountFunction = Result<SocketCounts, SystemError> (*)(int descriptor, Origin origin);

// Takes about 10 ms and one thread, on connections of this process to itself; one that fails may
// block for some seconds.
[[nodiscard]] SelfTestResult run_self_test(CountFunction count = &socket_counts);

}  // namespace loka::net
