#include "worker/net/resolver.h"

#include <string>

#include <doctest/doctest.h>

namespace loka::net {
namespace {

struct Fixture {
  Fixture() { REQUIRE(uv_loop_init(&loop) == 0); }
  ~Fixture() {
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
  }
  Resolver::Answer ask(const std::string& host, uint32_t turn = 0) {
    return resolver.address({host, 3333}, turn, now, address);
  }

  uv_loop_t loop{};
  Resolver resolver{&loop};
  Instant now = Instant::from_ns(1'000'000'000);
  SocketAddress address;
};

TEST_CASE("resolver: an address needs no lookup") {
  Fixture f;
  CHECK(f.ask("192.0.2.7") == Resolver::Answer::kKnown);
  CHECK(f.address.text() == "192.0.2.7:3333");
}

// The first name ever asked ended the engine: the table grew under a kept iterator.
TEST_CASE("resolver: the first name is looked up, and known once the loop has run") {
  Fixture f;
  CHECK(f.ask("localhost") == Resolver::Answer::kPending);
  uv_run(&f.loop, UV_RUN_DEFAULT);
  CHECK(f.ask("localhost") == Resolver::Answer::kKnown);
  CHECK(f.address.port == 3333);
}

TEST_CASE("resolver: a name without addresses has failed, and is asked again after a while") {
  const std::string name(80, 'a');  // a label longer than DNS allows: nobody is asked
  Fixture f;
  CHECK(f.ask(name) == Resolver::Answer::kPending);
  uv_run(&f.loop, UV_RUN_DEFAULT);
  CHECK(f.ask(name) == Resolver::Answer::kFailed);
  f.now = f.now + kResolveRetryAfter;
  CHECK(f.ask(name) == Resolver::Answer::kPending);
}

TEST_CASE("resolver: more names than a configuration can have are refused") {
  Fixture f;
  // "127.0.5" is a short way to write an address: a name to us, and known without DNS.
  for (size_t i = 0; i < kNamesMax; ++i)
    CHECK(f.ask("127.0." + std::to_string(i)) == Resolver::Answer::kPending);
  CHECK(f.ask("127.0.200") == Resolver::Answer::kFailed);
}

}  // namespace
}  // namespace loka::net
