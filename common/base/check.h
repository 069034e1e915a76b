// CHECK: our own mistakes end the process, in every build. It is never for input: what a miner, a
// pool, a file or shared memory says is data and is answered with a Result.
//
// Headers use check(), sources CHECK(): in a unit test the short name is doctest's.
#pragma once

#include <source_location>

namespace loka {

// Prints "file:line: CHECK failed: expression" to standard error and aborts. Allocates nothing, so
// that it also works in a keeper, which has no heap.
[[noreturn]] void check_failed(const char* file, int line, const char* expression) noexcept;

// CHECK for headers: names the place, not the expression.
inline void check(bool condition,
                  std::source_location where = std::source_location::current()) noexcept {
  if (!condition) [[unlikely]]
    check_failed(where.file_name(), static_cast<int>(where.line()), where.function_name());
}

}  // namespace loka

#ifndef DOCTEST_LIBRARY_INCLUDED
#define CHECK(expression)                                    \
  do {                                                       \
    if (!(expression)) [[unlikely]]                          \
      ::loka::check_failed(__FILE__, __LINE__, #expression); \
  } while (false)
#endif
