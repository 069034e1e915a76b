#include "common/config/nearest.h"

#include <array>
#include <string>

#include <doctest/doctest.h>

using namespace loka::config;

TEST_CASE("nearest: one typing error, another spelling, or nothing") {
  constexpr std::array<std::string_view, 5> kKnown{"listen", "port", "workers", "mode",
                                                   "runtime_dir"};
  CHECK(nearest("worker", kKnown) == "workers");
  CHECK(nearest("wrokers", kKnown) == "workers");
  CHECK(nearest("liten", kKnown) == "listen");
  CHECK(nearest("prot", kKnown) == "port");
  CHECK(nearest("runtimeDir", kKnown) == "runtime_dir");
  CHECK(nearest("Runtime-Dir", kKnown) == "runtime_dir");
  CHECK_FALSE(nearest("threads", kKnown));
  CHECK_FALSE(nearest("", kKnown));
  CHECK_FALSE(nearest(std::string(100'000, 'w'), kKnown));
  CHECK_FALSE(nearest("port", {}));
}
