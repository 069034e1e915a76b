#include "common/config/address.h"

#include <doctest/doctest.h>

using namespace loka::config;

TEST_CASE("parse_pool_url: every scheme of pools' pages is known") {
  struct Case {
    const char* text;
    bool tls;
  };
  for (const Case& c :
       {Case{"stratum+tcp://pool.example.com:3333", false}, Case{"pool.example.com:3333", false},
        Case{"tcp://pool.example.com:3333", false}, Case{"http://pool.example.com:3333", false},
        Case{"STRATUM+TCP://pool.example.com:3333", false},
        Case{"stratum+ssl://pool.example.com:3333", true},
        Case{"stratum+tls://pool.example.com:3333", true},
        Case{"stratums://pool.example.com:3333", true},
        Case{"ssl://pool.example.com:3333", true}}) {
    CAPTURE(c.text);
    const auto url = parse_pool_url(c.text);
    REQUIRE(url);
    CHECK(url->address == Endpoint{"pool.example.com", 3333});
    CHECK(url->tls == c.tls);
  }
}

TEST_CASE("parse_pool_url: what follows the port is ignored") {
  for (const char* text : {"stratum+tcp://h:1/#xnsub", "stratum+tcp://h:1/", "h:1#skipcbcheck",
                           "stratum+tcp://h:1?x=:"}) {
    CAPTURE(text);
    const auto url = parse_pool_url(text);
    REQUIRE(url);
    CHECK(url->address == Endpoint{"h", 1});
  }
}

TEST_CASE("parse_pool_url: an IPv6 host comes in brackets") {
  const auto url = parse_pool_url("stratum+tcp://[2001:db8::1]:3333");
  REQUIRE(url);
  CHECK(url->address == Endpoint{"2001:db8::1", 3333});
  CHECK(url->address.text() == "[2001:db8::1]:3333");
}

TEST_CASE("parse_pool_url: what is not a pool's address is refused with a remedy") {
  for (const char* text :
       {"", "stratum+tcp://", "stratum+tcp://h", "stratum+tcp://h:", "h:0", "h:65536", "h:33x",
        "h:-1", "h:+1", "stratum2+tcp://h:1", "://h:1", "stratum+tcp://user@h:1", "2001:db8::1",
        "[2001:db8::1", "[::1]3333", "[]:1", ":3333", "stratum+tcp:///h:1"}) {
    CAPTURE(text);
    const auto url = parse_pool_url(text);
    REQUIRE_FALSE(url);
    CHECK_FALSE(url.error().what.empty());
    CHECK_FALSE(url.error().mend.empty());
  }
}

TEST_CASE("is_host: names and addresses, but no mistyped address") {
  for (const char* host : {"a", "pool.example.com", "pool.example.com.", "eu-1.pool_x.io",
                           "10.0.0.3", "2001:db8::1", "3com.example", "localhost"}) {
    CAPTURE(host);
    CHECK(is_host(host));
  }
  for (const char* host : {"", ".", "a..b", "10.0.0.300", "10.0.3", "a b", "[::1]", "h:1", "h/x",
                           "stratum+tcp://h", "b\xc3\xbc.de", "2001:db8::zz"}) {
    CAPTURE(host);
    CHECK_FALSE(is_host(host));
  }
  CHECK_FALSE(is_host(std::string(64, 'a')));
}
