// The sources against each other: files, drop-ins, env file, environment, --set; secrets from
// files.
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/config/apply.h"
#include "common/config/names.h"
#include "tests/unit/config/fixture.h"

using namespace loka::config;
using loka::LogLevel;

namespace {

// A directory of its own, gone at the end of the test.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "loka-config-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string write(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    const std::string path = path_ + '/' + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text;
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    return path;
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

using Environment = std::vector<std::pair<std::string, std::string>>;

LoadResult from_environment(Environment environment) {
  Sources sources;
  sources.environment = std::move(environment);
  return load(sources);
}

LoadResult from_set(std::vector<std::string> set) {
  Sources sources;
  sources.set = std::move(set);
  return load(sources);
}

}  // namespace

TEST_CASE("load: each source wins over the one before it") {
  const Folder folder;
  Sources sources;
  sources.file = folder.write("loka.yaml",
                              "server: {workers: 1, port: 1001}\n"
                              "limiter: {connections: 1, jobs: 1m}\n"
                              "logging: {level: error}\n"
                              "pool: {url: 'stratum+tcp://one:1', username: one}\n");
  folder.write("conf.d/20.yaml", "server: {workers: 2}\nlimiter: {connections: 2, jobs: 2m}\n");
  folder.write("conf.d/30.yaml", "pool: {username: three}\nlimiter: {jobs: 3m}\n");
  folder.write("conf.d/.hidden.yaml", "nonsense: 1\n");
  folder.write("conf.d/40.yaml.bak", "nonsense: 1\n");
  sources.env_file = folder.write("env", "LOKA_SERVER_PORT=1004\nLOKA_LIMITER_JOBS=4m\n");
  sources.environment = {
      {"LOKA_LIMITER_JOBS", "5m"}, {"LOKA_LOGGING_LEVEL", "debug"}, {"PATH", "/bin"}};
  sources.set = {"limiter.jobs=6m"};
  const auto result = load(sources);
  CHECK(texts(result.problems) == Lines{});
  const Config& config = result.config;
  CHECK(config.pools.at(0).address == Endpoint{"one", 1});
  CHECK(config.pools.at(0).username == "three");
  CHECK(config.server.workers == 2);
  CHECK(config.limiter.connections == 2);
  CHECK(config.server.listen == std::vector<Endpoint>{{"0.0.0.0", 1004}});
  CHECK(config.logging.level == LogLevel::kDebug);
  CHECK(config.limiter.jobs == loka::Duration::minutes(6));

  CHECK(result.origins.of("pools.1.url").text() == folder.path() + "/loka.yaml:4");
  CHECK(result.origins.of("pools.1.username").text() == folder.path() + "/conf.d/30.yaml:1");
  CHECK(result.origins.of("server.listen").text() == folder.path() + "/env:1");
  CHECK(result.origins.of("logging.level").text() == "environment LOKA_LOGGING_LEVEL");
  CHECK(result.origins.of("limiter.jobs").text() == "--set");
  CHECK(result.origins.of("limiter.submissions").text() == "default");
}

TEST_CASE("load: lists replace in drop-ins") {
  const Folder folder;
  Sources sources;
  sources.file = folder.write("loka.yaml",
                              "server: {listen: ['0.0.0.0:1', '0.0.0.0:2']}\n"
                              "pools: [{url: 'a:1', username: u}, {url: 'b:1'}]\n");
  folder.write("conf.d/1.yaml", "server: {listen: ['0.0.0.0:3']}\npools: [{url: 'c:1'}]\n");
  const auto result = load(sources);
  CHECK(texts(result.problems) == Lines{});
  CHECK(result.config.server.listen == std::vector<Endpoint>{{"0.0.0.0", 3}});
  REQUIRE(result.config.pools.size() == 1);
  CHECK(result.config.pools[0].username.empty());
  CHECK(result.origins.of("pools.1.username").text() == folder.path() + "/conf.d/1.yaml:2");
}

TEST_CASE("load: pool in one file and pools in another do not merge") {
  const Folder folder;
  Sources sources;
  sources.file = folder.write("loka.yaml", "pool: {url: 'a:1'}\n");
  folder.write("conf.d/1.yaml", "pools: [{url: 'b:1'}]\n");
  CHECK(texts(load(sources).problems) ==
        Lines{folder.path() + "/conf.d/1.yaml:1:1: pools: 'pool' was given in another file; write "
                              "the whole list under pools:"});
}

TEST_CASE("load: a file that is missing, no file, or too large is a problem") {
  const Folder folder;
  Sources sources;
  sources.set = {"pool.url=h:1"};
  sources.file = folder.path() + "/none.yaml";
  CHECK(texts(load(sources).problems) ==
        Lines{sources.file +
              ": cannot be read: No such file or directory; create it, or name another with "
              "--config"});
  sources.file_may_be_absent = true;
  CHECK(load(sources).problems.empty());

  sources.file = folder.path();
  CHECK(texts(load(sources).problems) ==
        Lines{folder.path() + ": is not a regular file; mend the file or its mode"});
  const std::string fifo = folder.path() + "/pipe";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  sources.file = fifo;
  CHECK(texts(load(sources).problems) ==
        Lines{fifo + ": is not a regular file; mend the file or its mode"});
  sources.file = folder.write("large.yaml", std::string(kFileBytesMax + 1, '#'));
  CHECK(texts(load(sources).problems) ==
        Lines{sources.file + ": is larger than 1048576 bytes; mend the file or its mode"});
}

TEST_CASE("environment: lists are numbered from 1, pool is the first of them") {
  const auto result = from_environment({{"LOKA_POOLS_1_URL", "stratum+tcp://a:1"},
                                        {"LOKA_POOLS_2_HOST", "b"},
                                        {"LOKA_POOLS_2_PORT", "2"},
                                        {"LOKA_POOLS_2_SEPARATOR", "-,_"},
                                        {"LOKA_POOLS_1_SEPARATOR", ","},
                                        {"LOKA_SERVER_LISTEN_1", "127.0.0.1:1"},
                                        {"LOKA_SERVER_LISTEN_2", "[::1]:2"},
                                        {"LOKA_SERVER_RUNTIME_DIR", "/tmp/x"},
                                        {"LOKA_LOG_LEVEL", "warning"},
                                        {"LOKA_SOCKET", "/tmp/x/control.sock"}});
  CHECK(texts(result.problems) == Lines{});
  REQUIRE(result.config.pools.size() == 2);
  CHECK(result.config.pools[1].address == Endpoint{"b", 2});
  CHECK(result.config.pools[1].separator == std::vector<std::string>{"-", "_"});
  CHECK(result.config.pools[0].separator == std::vector<std::string>{","});
  CHECK(result.config.server.listen == std::vector<Endpoint>{{"127.0.0.1", 1}, {"::1", 2}});
  CHECK(result.config.server.runtime_dir == "/tmp/x");
  CHECK(result.config.logging.level == LogLevel::kWarning);
}

TEST_CASE("environment: LOKA_POOL_ reaches the first pool of a file's list") {
  const Folder folder;
  Sources sources;
  sources.file = folder.write("loka.yaml", "pools: [{url: 'a:1'}, {url: 'b:1', password: p}]\n");
  sources.environment = {{"LOKA_POOL_USERNAME", "farm"}, {"LOKA_POOLS_2_PASSWORD", "q"}};
  const auto result = load(sources);
  CHECK(texts(result.problems) == Lines{});
  CHECK(result.config.pools.at(0).username == "farm");
  CHECK(result.config.pools.at(0).address == Endpoint{"a", 1});
  CHECK(result.config.pools.at(1).password == "q");
  CHECK(result.config.pools.at(1).address == Endpoint{"b", 1});
}

TEST_CASE("environment: an unknown name is a warning with the nearest one") {
  const auto result = from_environment({{"LOKA_POOL_URL", "h:1"},
                                        {"LOKA_POOL_USRNAME", "a"},
                                        {"LOKA_POOLS_7_PASWORD", "a"},
                                        {"LOKA_PORT_3333_TCP_ADDR", "10.0.0.1"}});
  CHECK_FALSE(has_errors(result.problems));
  CHECK(texts(result.problems) ==
        Lines{"environment LOKA_POOLS_7_PASWORD: warning: unknown name, ignored; did you mean "
              "LOKA_POOL_PASSWORD?",
              "environment LOKA_POOL_USRNAME: warning: unknown name, ignored; did you mean "
              "LOKA_POOL_USERNAME?",
              "environment LOKA_PORT_3333_TCP_ADDR: warning: unknown name, ignored"});
}

TEST_CASE("environment: bad values name the variable; Kubernetes' own names are explained") {
  CHECK(
      texts(from_environment({{"LOKA_POOL_URL", "h:1"}, {"LOKA_SERVER_PORT", "tcp://10.0.0.1:33"}})
                .problems) ==
      Lines{"environment LOKA_SERVER_PORT: server.port: 'tcp://10.0.0.1:33' is not a port; "
            "Kubernetes sets such names for its services; set enableServiceLinks: false"});
  CHECK(texts(from_environment({{"LOKA_POOLS_2_URL", "h:1"}}).problems) ==
        Lines{"environment LOKA_POOLS_2_URL: pools.2: there are only 0 pools; number them without "
              "a gap",
              "pools: no pool is configured; write pool: with url: stratum+tcp://host:port below "
              "it"});
  CHECK(texts(from_environment({{"LOKA_POOL_URL", "h:1"}, {"LOKA_POOLS_99_URL", "h:1"}}).problems)
            .size() == 1);
  CHECK(
      texts(
          from_environment({{"LOKA_POOL_URL", "h:1"}, {"LOKA_POOL_USERNAME", "a\x01"}}).problems) ==
      Lines{"environment LOKA_POOL_USERNAME: pools.1.username: contains control characters or no "
            "UTF-8; write one value, or remove the line for the default"});
  CHECK(texts(from_environment({{"LOKA_POOL_URL", "h:1"}, {"LOKA_POOL_USERNAME", "\xff"}}).problems)
            .size() == 1);
}

TEST_CASE("environment: two names for one key with different values are a problem") {
  CHECK(texts(from_environment({{"LOKA_POOL_URL", "h:1"},
                                {"LOKA_LOG_LEVEL", "info"},
                                {"LOKA_LOGGING_LEVEL", "debug"}})
                  .problems) ==
        Lines{"environment LOKA_LOG_LEVEL: another value was given for the same key; keep one of "
              "them"});
  CHECK(
      from_environment(
          {{"LOKA_POOL_URL", "h:1"}, {"LOKA_LOG_LEVEL", "debug"}, {"LOKA_LOGGING_LEVEL", "debug"}})
          .problems.empty());
}

TEST_CASE("environment: every printed key has a name") {
  const auto names = environment_names();
  for (const Key& key : all_keys()) {
    const std::string section = key.section == kPools ? "pool" : std::string(key.section);
    std::string wanted = "LOKA_" + section + '_' + std::string(key.name);
    for (char& c : wanted) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    CAPTURE(wanted);
    CHECK(std::find(names.begin(), names.end(), wanted) != names.end());
    CHECK(from_environment({{wanted, "?"}}).problems.front().text().find("unknown") ==
          std::string::npos);
  }
}

TEST_CASE("env file: remarks, quotes and export are understood, nothing is expanded") {
  Problems problems;
  const auto values = parse_env_text(
      "# remark\n\nA=1\n export B = two words \r\nC=\"quoted # $A\"\nD='x\"y'\nE=\n"
      "nonsense\nF=\"open\n=x\n",
      "env", problems);
  REQUIRE(values.size() == 5);
  CHECK(values[0].value == "1");
  CHECK(values[1].name == "B");
  CHECK(values[1].value == "two words");
  CHECK(values[2].value == "quoted # $A");
  CHECK(values[3].value == "x\"y");
  CHECK(values[4].value.empty());
  CHECK(values[4].place.text() == "env:7");
  CHECK(texts(problems) ==
        Lines{"env:8:1: is not NAME=value; write NAME=value, or # before a remark",
              "env:9:1: F: has a quote that does not end; close it on the same line",
              "env:10:1: is not NAME=value; write NAME=value, or # before a remark"});
}

TEST_CASE("--set: keys by their path, the later of two counts") {
  const auto result =
      from_set({"pool.host=a", "pools.1.port=1", "pool.username=u", "pools.1.username=v"});
  CHECK(texts(result.problems) == Lines{});
  CHECK(result.config.pools.at(0).url() == "stratum+tcp://a:1");
  CHECK(result.config.pools.at(0).username == "v");
  const auto good = from_set(
      {"pools.1.url=a:1", "server.listen=0.0.0.0:1,[::]:2", "server.port=7", "pools.2.url=b:1"});
  CHECK(texts(good.problems) ==
        Lines{"--set: server.port: cannot stand beside 'listen'; keep one of them"});
  CHECK(from_set({"pools.1.url=a:1", "server.port=7", "server.port=8"}).config.server.listen ==
        std::vector<Endpoint>{{"0.0.0.0", 8}});
}

TEST_CASE("--set: what is no assignment or no key is a problem") {
  CHECK(texts(from_set({"pool.url=h:1", "server.port", "=1", "", "server.prot=1", "a.b.c.d.e=1",
                        "server=1"})
                  .problems) ==
        Lines{"--set: server.port: is not key=value; write --set server.port=3333",
              "--set: is not key=value; write --set server.port=3333",
              "--set: is not key=value; write --set server.port=3333",
              "--set: a.b.c.d.e: unknown key; no key has so many parts",
              "--set: server: must be a mapping; write its keys on lines of their own below it, "
              "indented"});
}

TEST_CASE("password_file: its text without the newline is the password") {
  const Folder folder;
  folder.write("secrets/pool", "s3cret \n");
  Sources sources;
  sources.file =
      folder.write("loka.yaml", "pool: {url: 'h:1', password_file: secrets/pool}\n", 0644);
  const auto result = load(sources);
  CHECK(texts(result.problems) == Lines{});
  CHECK(result.config.pools.at(0).password == "s3cret ");
  CHECK(result.origins.of("pools.1.password").text() == sources.file + ":1");
}

TEST_CASE("password_file: one that others may read is warned of by its own name") {
  Folder folder;
  folder.write("secret", "hunter2\n", 0644);
  const auto result = from_set({"pool.url=h:1", "pool.password_file=" + folder.path() + "/secret"});
  CHECK(texts(result.problems) ==
        Lines{folder.path() +
              "/secret: warning: a secret in a file that others may read; chmod o-r "
              "the file"});
  CHECK(result.config.pools[0].password == "hunter2");
}

TEST_CASE("password_file: missing, empty, too large or binary files are problems") {
  const Folder folder;
  const auto problem = [&](const std::string& secret) {
    const std::string path = folder.write("secret", secret);
    const auto result = from_set({"pool.url=h:1", "pool.password_file=" + path});
    REQUIRE(result.problems.size() == 1);
    return result.problems[0].text();
  };
  CHECK(problem("") == "--set: pools.1.password_file: " + folder.path() +
                           "/secret is empty; write the secret into it");
  CHECK(problem("\n").find("is empty") != std::string::npos);
  CHECK(problem(std::string(kSecretFileBytesMax + 1, 'a')).find("larger than 4096") !=
        std::string::npos);
  CHECK(problem("two\nlines\n").find("control characters") != std::string::npos);
  CHECK(problem(std::string("nul\0", 4)).find("control characters") != std::string::npos);
  CHECK(texts(from_set({"pool.url=h:1", "pool.password_file=/nonexistent/x"}).problems) ==
        Lines{"--set: pools.1.password_file: /nonexistent/x cannot be read: No such file or "
              "directory; name a file that we may read"});
}

TEST_CASE("password: a warning in a file that others may read, unless it is the default") {
  const Folder folder;
  Sources sources;
  const std::string yaml = "pool: {url: 'h:1', password: s3cret}\n";
  sources.file = folder.write("loka.yaml", yaml, 0644);
  const auto result = load(sources);
  CHECK(texts(result.problems) ==
        Lines{sources.file + ":1:30: pool.password: warning: a secret in a file that others may "
                             "read; chmod o-r the file, or use password_file"});
  CHECK(result.config.pools.at(0).password == "s3cret");
  folder.write("loka.yaml", yaml, 0640);
  CHECK(load(sources).problems.empty());
  folder.write("loka.yaml", "pool: {url: 'h:1', password: x}\n", 0644);
  CHECK(load(sources).problems.empty());
  sources.file.clear();
  sources.env_file = folder.write("env", "LOKA_POOL_URL=h:1\nLOKA_POOL_PASSWORD=s3cret\n", 0644);
  CHECK(load(sources).problems.size() == 1);
}

TEST_CASE("exposed_secret: keys and tokens are refused where a password is warned of") {
  const Origin place{"f", 1, 2};
  const auto refused = exposed_secret(Secrecy::kSecret, "api.token", "x", place);
  REQUIRE(refused);
  CHECK_FALSE(refused->is_warning);
  CHECK(refused->text() ==
        "f:1:2: api.token: a secret in a file that others may read; chmod o-r the file, or use "
        "token_file");
  CHECK_FALSE(exposed_secret(Secrecy::kPublic, "a.b", "x", place));
  CHECK_FALSE(exposed_secret(Secrecy::kSecret, "api.token", "", place));
}
