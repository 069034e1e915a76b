#include "common/config/dump.h"

#include <doctest/doctest.h>

#include "common/config/keys.h"
#include "common/config/validate.h"
#include "tests/unit/config/fixture.h"

using namespace loka::config;
using loka::Duration;

namespace {

// Differs from the default in every key.
Config unusual() {
  Config config;
  config.server = {{{"10.0.0.1", 1}, {"2001:db8::1", 65535}}, 7, Mode::kAggregate, "/x \"y\" \\z"};
  config.pools = {{"p\xc3\xa4", {"h", 1}, true, "u: #", "'\"\\*&!%@`", {"\"", "\\", ","}, false},
                  {"pool2", {"2001:db8::2", 2}, false, "~", "null", {"'"}, true}};
  config.limiter = {12345, Duration::seconds(61), Duration::hours(49)};
  config.logging = {loka::LogLevel::kError, loka::LogFormat::kJson, "/var/log/ a: b.log"};
  return config;
}

}  // namespace

TEST_CASE("dump: is canonical YAML in the order of the manual") {
  Config config;
  config.pools = {pool_at("primary", "pool.example.com", 3333)};
  config.pools[0].username = "farm";
  config.pools[0].password = "s3cret";
  CHECK(dump(config, Secrets::kShow) ==
        "server:\n"
        "  listen: [\"0.0.0.0:3333\"]\n"
        "  workers: auto\n"
        "  mode: passthrough\n"
        "  runtime_dir: \"/run/loka\"\n"
        "pools:\n"
        "  - name: \"primary\"\n"
        "    url: \"stratum+tcp://pool.example.com:3333\"\n"
        "    username: \"farm\"\n"
        "    password: \"s3cret\"\n"
        "    separator: [\".\", \"_\"]\n"
        "    extranonce: true\n"
        "limiter:\n"
        "  connections: auto\n"
        "  jobs: 10m\n"
        "  submissions: 2d\n"
        "logging:\n"
        "  level: info\n"
        "  format: text\n"
        "  file: \"\"\n");
}

TEST_CASE("dump: masks secrets, and says where values came from") {
  const auto result = load_text("pool:\n  url: h:1\n  password: s3cret\n", "f");
  const std::string text = dump(result.config, Secrets::kMask, &result.origins);
  CHECK(text.find("s3cret") == std::string::npos);
  CHECK(text.find("    password: \"********\"                        # f:3\n") !=
        std::string::npos);
  CHECK(text.find("    url: \"stratum+tcp://h:1\"                    # f:2\n") !=
        std::string::npos);
  CHECK(text.find("  level: info                                   # default\n") !=
        std::string::npos);
  // The comments change nothing.
  CHECK(parse_canonical(dump(result.config, Secrets::kShow, &result.origins)) == result.config);
}

TEST_CASE("parse_canonical: reads back what dump wrote, for every key") {
  const Config usual = [] {
    Config config;
    config.pools = {pool_at("pool1", "h", 1)};
    return config;
  }();
  for (const Config& config : {usual, unusual()}) {
    const auto back = parse_canonical(dump(config, Secrets::kShow));
    REQUIRE(back);
    CHECK(*back == config);
  }
  // Each key on its own, so that one which is neither printed nor read cannot hide.
  for (const Key& key : all_keys()) {
    if (key.get == nullptr) continue;
    CAPTURE(key.name);
    Config config = usual;
    REQUIRE_FALSE(key.set(config, 0, key.get(unusual(), 0)));
    CHECK_FALSE(config == usual);
    const auto back = parse_canonical(dump(config, Secrets::kShow));
    REQUIRE(back);
    CHECK(*back == config);
  }
}

TEST_CASE("parse_canonical: a configuration without pools too") {
  const auto back = parse_canonical(dump(Config(), Secrets::kShow));
  REQUIRE(back);
  CHECK(*back == Config());
}

TEST_CASE("parse_canonical: gives the first problem's text") {
  const auto back = parse_canonical("server: {workers: x}\nnonsense: 1\n");
  REQUIRE_FALSE(back);
  CHECK(back.error().starts_with("configuration:1:19: server.workers: "));
  CHECK_FALSE(parse_canonical("pool: {url: 'h:1', password_file: /etc/hostname}\n"));
}

TEST_CASE("dump: the largest configuration fits the shared memory's block of 128 KiB") {
  Config config;
  config.server.listen.assign(kListenMax, {"2001:db8:1111:2222:3333:4444:5555:6666", 65535});
  Pool pool;
  pool.name = std::string(kPoolNameBytesMax, '"');
  pool.address = {std::string(kHostBytesMax, 'h'), 65535};
  pool.username = std::string(kUsernameBytesMax, '"');
  pool.password = std::string(kPasswordBytesMax, '"');
  pool.separator = {"\"", "\\", ".", ","};
  config.pools.assign(kPoolsMax, pool);
  config.logging.file = std::string(kPathBytesMax, '"');
  CHECK(dump(config, Secrets::kShow).size() < 128 * 1024);
}
