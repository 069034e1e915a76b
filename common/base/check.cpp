#include "common/base/check.h"

#include <cstdio>
#include <cstdlib>

#include <unistd.h>

namespace loka {

void check_failed(const char* file, int line, const char* expression) noexcept {
  char text[512];
  int length =
      std::snprintf(text, sizeof text, "%s:%d: CHECK failed: %s\n", file, line, expression);
  if (length > 0) {
    const auto wanted = static_cast<size_t>(length);
    const ssize_t ignored =
        ::write(STDERR_FILENO, text, wanted < sizeof text ? wanted : sizeof text - 1);
    (void)ignored;
  }
  std::abort();
}

}  // namespace loka
