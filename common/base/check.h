// CHECK: our own mistakes end the process, in every build. It is never for input: what a miner, a
// pool, a file or shared memory says is data and is answered with a Result.
#pragma once

namespace loka {

// Prints "file:line: CHECK failed: expression" to standard error and aborts. Allocates nothing, so
// that it also works in a keeper, which has no heap.
[[noreturn]] void check_failed(const char* file, int line, const char* expression) noexcept;

}  // namespace loka

#define CHECK(expression)                                    \
  do {                                                       \
    if (!(expression)) [[unlikely]]                          \
      ::loka::check_failed(__FILE__, __LINE__, #expression); \
  } while (false)
