#include "common/json/number.h"

#include <doctest/doctest.h>

using loka::json::to_double;
using loka::json::to_int64;
using loka::json::to_uint64;

TEST_CASE("number: doubles are read whole or not at all") {
  CHECK(to_double("0.001") == 0.001);
  CHECK(to_double("1e-05") == 0.00001);
  CHECK(to_double("65536.0") == 65536);
  CHECK(to_double("18446744073709551615") == 18446744073709551616.0);
  CHECK(to_double("-1") == -1);
  for (const std::string_view text :
       {"", "1x", " 1", "1 ", "1e400", "inf", "nan", "0x10", "1,5", "-"})
    CHECK_MESSAGE(!to_double(text), text);
}

TEST_CASE("number: integers may be written as floats, but have no fraction") {
  CHECK(to_int64("8") == 8);
  CHECK(to_int64("8.0") == 8);
  CHECK(to_int64("1e3") == 1000);
  CHECK(to_int64("-5") == -5);
  CHECK(to_int64("9223372036854775807") == 9223372036854775807);
  CHECK(to_uint64("18446744073709551615") == 18446744073709551615U);
  for (const std::string_view text : {"8.5", "", "9223372036854775808", "1e300", "eight"})
    CHECK_MESSAGE(!to_int64(text), text);
  CHECK_FALSE(to_uint64("-1").has_value());
  CHECK_FALSE(to_uint64("-1.0").has_value());
}
