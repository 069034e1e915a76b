#include "common/stratum/reconnect.h"

#include "tests/unit/stratum/fixture.h"

using namespace loka::stratum;

namespace {

struct Reading : Fixture {
  loka::Result<Reconnect, NotificationError> read(std::string_view params) {
    line = "{\"id\":null,\"method\":\"client.reconnect\",\"params\":" + std::string(params) + "}";
    return read_reconnect(good(line));
  }
  std::string line;
};

}  // namespace

TEST_CASE("reconnect: host, port and wait, each optional and in each form") {
  Reading f;
  CHECK(f.read("[]")->host.empty());
  CHECK_FALSE(f.read("[]")->port);
  CHECK(f.read("[]")->wait == loka::Duration());
  CHECK(f.read("[null,null,null]")->host.empty());
  CHECK(f.read("[\"us2.pool.example.com\",3333,10]")->host == "us2.pool.example.com");
  CHECK(f.read("[\"h\",\"3333\",\"10\"]")->port == 3333);
  CHECK(f.read("[\"h\",65535,10]")->port == 65535);
  CHECK(f.read("[\"h\",\"3333\",\"10\"]")->wait == loka::Duration::seconds(10));
  CHECK(f.read("[\"\",\"\",1e9]")->wait == kReconnectWaitMax);
}

TEST_CASE("reconnect: what is no target is refused") {
  Reading f;
  for (const std::string_view params :
       {"[7]", "[[]]", "[\"h\",0]", "[\"h\",65536]", "[\"h\",-1]", "[\"h\",\"x\"]", "[\"h\",true]",
        "[\"h\",3333,-1]", "[\"h\",3333,{}]"})
    CHECK_MESSAGE(!f.read(params), params);
  CHECK_FALSE(f.read("[\"" + std::string(254, 'h') + "\"]"));
}

// The rule of docs/stratum.md; cgminer's compares the same way but lets IP addresses through.
TEST_CASE("reconnect: only the same host or a sibling of it may be obeyed") {
  const std::string_view pool = "us1.pool.example.com";
  CHECK(may_reconnect_to(pool, ""));
  CHECK(may_reconnect_to(pool, "us1.pool.example.com"));
  CHECK(may_reconnect_to(pool, "US2.Pool.Example.com"));
  CHECK(may_reconnect_to("10.9.8.7", "10.9.8.7"));
  for (const std::string_view host :
       {"evil.example.net", "10.9.8.7", "com", "example.com", "pool.example.com",
        ".pool.example.com.evil", "a.us1.pool.example.com", "evilpool.example.com"})
    CHECK_MESSAGE(!may_reconnect_to(pool, host), host);
  CHECK_FALSE(may_reconnect_to("pool.com", "evil.com"));
  CHECK_FALSE(may_reconnect_to("pool", "evil"));
  CHECK_FALSE(may_reconnect_to("10.9.8.7", "11.9.8.7"));
  CHECK_FALSE(may_reconnect_to("10.9.8.7", "us.9.8.7"));
}
