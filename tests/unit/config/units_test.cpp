#include "common/config/units.h"

#include <doctest/doctest.h>

using namespace loka::config;
using loka::Duration;

TEST_CASE("parse_duration: number and unit, several in a row") {
  CHECK(parse_duration("10m") == Duration::seconds(600));
  CHECK(parse_duration("2d") == Duration::seconds(172'800));
  CHECK(parse_duration("500ms") == Duration::milliseconds(500));
  CHECK(parse_duration("1h30m") == Duration::seconds(5400));
  CHECK(parse_duration("1d2h3m4s5ms6us7ns") == Duration::nanoseconds(93'784'005'006'007));
  CHECK(parse_duration("0") == Duration());
  CHECK(parse_duration("0s") == Duration());
  CHECK(parse_duration("90s") == Duration::seconds(90));
}

TEST_CASE("parse_duration: everything else is refused") {
  for (const char* text :
       {"", "10", "m", "-1s", "+1s", "1.5h", "10 m", " 10m", "10m ", "30m1h", "1m1m", "10min",
        "10M", "1e3s", "106752d", "99999999999999999999s", "106751d24h"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text));
  }
  CHECK(parse_duration("106751d"));  // just below 2^63 ns
}

TEST_CASE("print_duration: the shortest text, largest part first") {
  CHECK(print_duration(Duration::seconds(600)) == "10m");
  CHECK(print_duration(Duration::hours(48)) == "2d");
  CHECK(print_duration(Duration::seconds(90)) == "1m30s");
  CHECK(print_duration(Duration::milliseconds(500)) == "500ms");
  CHECK(print_duration(Duration()) == "0s");
}

TEST_CASE("parse_size: binary and decimal units") {
  CHECK(parse_size("8KiB") == 8192);
  CHECK(parse_size("8kB") == 8000);
  CHECK(parse_size("1MiB") == 1'048'576);
  CHECK(parse_size("1TiB") == 1'099'511'627'776);
  CHECK(parse_size("17") == 17);
  CHECK(parse_size("17B") == 17);
  for (const char* text : {"", "KiB", "-1B", "1.5MiB", "8 KiB", "8kib", "8K", "16777216TiB"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_size(text));
  }
}

TEST_CASE("print_size: the largest unit that divides it") {
  CHECK(print_size(8192) == "8KiB");
  CHECK(print_size(100'000) == "100kB");
  CHECK(print_size(1501) == "1501B");
  CHECK(print_size(0) == "0B");
}

TEST_CASE("parse_rate: per second, minute, hour and day, not per `m`") {
  CHECK(parse_rate("20/s") == Rate{20, Duration::seconds(1)});
  CHECK(parse_rate("300/min") == Rate{300, Duration::minutes(1)});
  CHECK(parse_rate("5/h") == Rate{5, Duration::hours(1)});
  CHECK(parse_rate("5/d") == Rate{5, Duration::hours(24)});
  for (const char* text : {"", "20", "20/", "/s", "20/m", "20/month", "-1/s", "1.5/s", "20 /s"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_rate(text));
  }
  CHECK(print_rate({300, Duration::minutes(1)}) == "300/min");
}

TEST_CASE("parse_hashrate: fractions and all units") {
  CHECK(parse_hashrate("110TH/s") == 110e12);
  CHECK(parse_hashrate("1.5PH/s") == 1.5e15);
  CHECK(parse_hashrate("0H/s") == 0.0);
  for (const char* text : {"", "110", "TH/s", "-1TH/s", "-0TH/s", "1e3TH/s", "infTH/s", "nanTH/s",
                           "110 TH/s", "110Th/s", "110TH"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_hashrate(text));
  }
}

TEST_CASE("units: what is printed reads back to the same value") {
  for (const int64_t ns : {0L, 1L, 999L, 1'000L, 1'000'001L, 59'999'999'999L, 86'400'000'000'000L,
                           9'223'372'036'854'775'807L}) {
    CAPTURE(ns);
    CHECK(parse_duration(print_duration(Duration::nanoseconds(ns))) == Duration::nanoseconds(ns));
  }
  for (const uint64_t bytes : {0UL, 1UL, 1023UL, 1024UL, 1000UL, 18'446'744'073'709'551'615UL}) {
    CAPTURE(bytes);
    CHECK(parse_size(print_size(bytes)) == bytes);
  }
  for (const double hs :
       {0.0, 0.1, 1.0, 999.999, 110e12, 123456789.123, 1.0 / 3.0, 7e20 / 3.0, 1e300, 5e-324}) {
    CAPTURE(hs);
    CHECK(parse_hashrate(print_hashrate(hs)) == hs);
  }
  CHECK(print_hashrate(110e12) == "110TH/s");
  CHECK(print_hashrate(1500) == "1.5kH/s");
}
