#include "tools/lokactl/human.h"

#include <limits>

#include <doctest/doctest.h>

using namespace loka::lokactl;

TEST_CASE("hashrate: three digits that count") {
  CHECK(hashrate(0) == "0 H/s");
  CHECK(hashrate(0.5) == "0.50 H/s");
  CHECK(hashrate(999.4) == "999 H/s");
  CHECK(hashrate(999.5) == "1.00 kH/s");
  CHECK(hashrate(1.234e12) == "1.23 TH/s");
  CHECK(hashrate(12.34e12) == "12.3 TH/s");
  CHECK(hashrate(110e12) == "110 TH/s");
  CHECK(hashrate(9.996e15) == "10.0 PH/s");
  CHECK(hashrate(4.5e24) == "4500 ZH/s");
  CHECK(hashrate(-1) == "0 H/s");
  CHECK(hashrate(std::numeric_limits<double>::quiet_NaN()) == "0 H/s");
}

TEST_CASE("difficulty: whole, thousands, and small fractions") {
  CHECK(difficulty(0) == "0");
  CHECK(difficulty(1) == "1");
  CHECK(difficulty(512) == "512");
  CHECK(difficulty(0.001) == "0.001");
  CHECK(difficulty(0.00024414) == "0.0002441");
  CHECK(difficulty(65536) == "65.5k");
  CHECK(difficulty(1'048'576) == "1.05M");
  CHECK(difficulty(110e12) == "110T");
}

TEST_CASE("count: commas between thousands") {
  CHECK(count(0) == "0");
  CHECK(count(999) == "999");
  CHECK(count(1000) == "1,000");
  CHECK(count(1234567) == "1,234,567");
  CHECK(count(std::numeric_limits<uint64_t>::max()) == "18,446,744,073,709,551,615");
}

TEST_CASE("duration: the two largest units") {
  CHECK(duration(0.4) == "0s");
  CHECK(duration(42.9) == "42s");
  CHECK(duration(303) == "5m3s");
  CHECK(duration(3600) == "1h");
  CHECK(duration(3605) == "1h");  // minutes come next, and there are none
  CHECK(duration(15'120) == "4h12m");
  CHECK(duration(273'600) == "3d4h");
  CHECK(duration(-5) == "0s");
  CHECK(duration(std::numeric_limits<double>::infinity()) == "11574074074d1h");
  CHECK(age(std::nullopt) == "never");
  CHECK(age(61.0) == "1m1s");
}

TEST_CASE("latency: milliseconds, then seconds") {
  CHECK(latency(0) == "-");
  CHECK(latency(0.42) == "0.42 ms");
  CHECK(latency(40.5) == "40.5 ms");
  CHECK(latency(1200) == "1.20 s");
  CHECK(latency(61'000) == "61.0 s");
}

TEST_CASE("printable: nothing that a terminal would act upon") {
  CHECK(printable("farm.rig7 ä 矿") == "farm.rig7 ä 矿");
  CHECK(printable("\x1b[2J\n\r\t\x7f") == "?[2J????");
  CHECK(printable("\xc2\x9b"
                  "31m") == "?31m");  // CSI as one C1 character
  CHECK(printable("\xe2\x80\xae"
                  "evil") == "?evil");  // right-to-left override
  CHECK(printable("\xff\xc3") == "??");
  CHECK(printable(std::string("a\0b", 3)) == "a?b");
  CHECK(printable_lines("a\n\x1b") == "a\n?");
}

TEST_CASE("shortened: counts characters, not bytes") {
  CHECK(shortened("abc", 3) == "abc");
  CHECK(shortened("abcd", 3) == "ab…");
  CHECK(shortened("äöüß", 3) == "äö…");
  CHECK(width(shortened("äöüß", 3)) == 3);
}
