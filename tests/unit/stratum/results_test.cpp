// What pools answer to subscribe and configure, and what miners ask for in configure.
#include <doctest/doctest.h>

#include "common/stratum/configure_result.h"
#include "common/stratum/subscribe_result.h"

using namespace loka::stratum;

namespace {

std::string granted(std::string_view result) {
  const auto read = read_subscribe_result(result);
  if (!read) return std::string(describe(read.error()));
  return read->extranonce1 + "/" + std::to_string(read->extranonce2_size);
}

}  // namespace

TEST_CASE("subscribe result: the forms of all pools are read") {
  CHECK(granted("[[[\"mining.set_difficulty\",\"1\"],[\"mining.notify\",\"1\"]],\"b10cf00d\",8]") ==
        "b10cf00d/8");
  CHECK(granted("[[\"mining.notify\",\"ae68\"],\"\",4]") == "/4");
  CHECK(granted("[[],\"08000002\",4.0]") == "08000002/4");
  CHECK(granted("[null,\"0800000A\",\"4\"]") == "0800000A/4");
  CHECK(granted("[null,\"\\u0030800\",1,\"more\",{}]") == "0800/1");
  CHECK(granted("[null,\"00112233445566778899aabbccddeeff\",32]") ==
        "00112233445566778899aabbccddeeff/32");
}

TEST_CASE("subscribe result: what is no grant is a refusal") {
  for (const std::string_view result :
       {"\"proxy full\"", "false", "null", "true", "[]", "[[],\"08000002\"]", "{}", "", "[[],"})
    CHECK_MESSAGE(granted(result) == "the pool refused to subscribe", result);
}

TEST_CASE("subscribe result: an extranonce1 that is no hex of up to 16 bytes is refused") {
  for (const std::string_view extranonce1 : {"\"0800000\"", "\"0800000g\"", "8000002", "null", "[]",
                                             "\"00112233445566778899aabbccddeeff00\""})
    CHECK_MESSAGE(granted("[[]," + std::string(extranonce1) + ",4]") ==
                      "extranonce1 is not hex of at most 16 bytes",
                  extranonce1);
}

TEST_CASE("subscribe result: an extranonce2 size outside 1 to 32 is refused") {
  for (const std::string_view size :
       {"0", "-1", "33", "2147483647", "4294967300", "4.5", "\"\"", "\"x\"", "null", "true", "[4]",
        "1e300", "18446744073709551620"})
    CHECK_MESSAGE(
        granted("[[],\"08000002\"," + std::string(size) + "]") == "extranonce2_size is not 1 to 32",
        size);
}

TEST_CASE("configure result: rolling needs true and a mask with a bit in it") {
  const ConfigureResult full = read_configure_result(
      "{\"version-rolling\":true,\"version-rolling.mask\":\"1fffe000\",\"subscribe-extranonce\":"
      "true}");
  CHECK(full.has_rolling);
  CHECK(full.mask == 0x1fffe000);
  CHECK(full.subscribes_extranonce);
  CHECK(
      read_configure_result("{\"version-rolling.mask\":\"E000\",\"version-rolling\":true}").mask ==
      0xe000);
  for (const std::string_view result :
       {"{\"version-rolling\":false,\"version-rolling.mask\":\"1fffe000\"}",
        "{\"version-rolling\":true,\"version-rolling.mask\":\"00000000\"}",
        "{\"version-rolling\":true}",
        "{\"version-rolling\":\"no\",\"version-rolling.mask\":\"1f\"}",
        "{\"version-rolling\":true,\"version-rolling.mask\":7}",
        "{\"version-rolling\":true,\"version-rolling.mask\":\"1fffe0000\"}", "{}", "null", "[]", "",
        "{"}) {
    CHECK_MESSAGE(!read_configure_result(result).has_rolling, result);
    CHECK_MESSAGE(read_configure_result(result).mask == 0, result);
    CHECK_MESSAGE(!read_configure_result(result).subscribes_extranonce, result);
  }
  CHECK_FALSE(read_configure_result("{\"subscribe-extranonce\":\"true\"}").subscribes_extranonce);
}

TEST_CASE("configure request: codes, mask and minimum difficulty of the miners seen") {
  const ConfigureRequest luxor = read_configure_request(
      "[[\"version-rolling\",\"minimum-difficulty\",\"subscribe-extranonce\"],"
      "{\"version-rolling.mask\":\"1fffe000\",\"version-rolling.min-bit-count\":16,"
      "\"minimum-difficulty.value\":2048}]");
  CHECK(luxor.wants_rolling);
  CHECK(luxor.mask == 0x1fffe000);
  CHECK(luxor.subscribes_extranonce);
  CHECK(luxor.minimum_difficulty == 2048);

  const ConfigureRequest cpuminer = read_configure_request(
      "[[\"version-rolling\"],{\"version-rolling.mask\":\"1FFFE000\","
      "\"version-rolling.min-bit-count\":\"10\"}]");
  CHECK(cpuminer.mask == 0x1fffe000);
  CHECK_FALSE(cpuminer.subscribes_extranonce);
  CHECK_FALSE(cpuminer.minimum_difficulty);
}

TEST_CASE("configure request: what is missing or wrong is not asked for") {
  for (const std::string_view params : {"[]", "", "null", "{}", "[{},[]]", "[[7,null]]", "[["}) {
    const ConfigureRequest request = read_configure_request(params);
    CHECK_FALSE(request.wants_rolling);
    CHECK(request.mask == 0xffffffff);
  }
  CHECK(read_configure_request("[[\"version-rolling\"]]").wants_rolling);
  CHECK_FALSE(read_configure_request("[[\"minimum-difficulty\"],{\"minimum-difficulty.value\":-1}]")
                  .minimum_difficulty);
  CHECK(read_configure_request("[[\"minimum-difficulty\"],{\"minimum-difficulty.value\":\"0\"}]")
            .minimum_difficulty == 0);
}
