#include "common/config/keys.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "common/config/units.h"

namespace loka::config {

namespace {

using MaybeFault = std::optional<Fault>;

Fault not_a(const std::string& text, const std::string& what, const std::string& mend) {
  return {"'" + text + "' is not " + what, mend};
}

// `auto` is 0; a number may not be 0, so that nobody switches something off by it.
MaybeFault read_auto_or_count(const std::string& text, uint32_t& out) {
  if (text == "auto") {
    out = 0;
    return std::nullopt;
  }
  uint32_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, failed] = std::from_chars(text.data(), end, number);
  if (failed != std::errc{} || stopped != end || number == 0) {
    return not_a(text, "'auto' or a whole number from 1", "write auto or a number");
  }
  out = number;
  return std::nullopt;
}

std::string print_auto_or_count(uint32_t number) {
  return number == 0 ? "auto" : std::to_string(number);
}

MaybeFault read_bool(const std::string& text, bool& out) {
  if (text != "true" && text != "false") {
    return not_a(text, "a boolean", "write true or false");
  }
  out = text == "true";
  return std::nullopt;
}

MaybeFault read_duration(const std::string& text, Duration& out) {
  const auto duration = parse_duration(text);
  if (!duration) {
    return not_a(text, "a duration", "write a whole number and a unit, as in 500ms, 30s, 10m, 2d");
  }
  out = *duration;
  return std::nullopt;
}

template <class E>
struct Word {
  std::string_view name;
  E value;
};
constexpr std::array<Word<Mode>, 2> kModes{
    {{"passthrough", Mode::kPassthrough}, {"aggregate", Mode::kAggregate}}};
constexpr std::array<Word<LogLevel>, 4> kLevels{{{"debug", LogLevel::kDebug},
                                                 {"info", LogLevel::kInfo},
                                                 {"warning", LogLevel::kWarning},
                                                 {"error", LogLevel::kError}}};
constexpr std::array<Word<LogFormat>, 2> kFormats{
    {{"text", LogFormat::kText}, {"json", LogFormat::kJson}}};

template <class E, size_t N>
MaybeFault read_word(const std::string& text, const std::array<Word<E>, N>& words, E& out) {
  std::string all;
  for (const auto& word : words) {
    if (word.name == text) {
      out = word.value;
      return std::nullopt;
    }
    all.append(all.empty() ? "" : ", ").append(word.name);
  }
  return not_a(text, "one of: " + all, "write one of them");
}

template <class E, size_t N>
std::string_view print_word(const std::array<Word<E>, N>& words, E value) {
  const auto found =
      std::find_if(words.begin(), words.end(), [&](const auto& w) { return w.value == value; });
  return found == words.end() ? std::string_view("?") : found->name;
}

MaybeFault read_listen(Config& config, size_t, const Texts& texts) {
  std::vector<Endpoint> listen;
  for (const std::string& text : texts) {
    auto endpoint = parse_endpoint(text);
    if (!endpoint) return std::move(endpoint.error());
    listen.push_back(std::move(*endpoint));
  }
  config.server.listen = std::move(listen);
  return std::nullopt;
}

Texts print_listen(const Config& config, size_t) {
  Texts texts;
  for (const Endpoint& endpoint : config.server.listen) texts.push_back(endpoint.text());
  return texts;
}

MaybeFault read_listen_port(Config& config, size_t, const Texts& texts) {
  const auto port = parse_port(texts[0]);
  if (!port) return port.error();
  config.server.listen = {{"0.0.0.0", *port}};
  return std::nullopt;
}

MaybeFault read_pool_url(Config& config, size_t pool, const Texts& texts) {
  auto url = parse_pool_url(texts[0]);
  if (!url) return std::move(url.error());
  config.pools[pool].address = std::move(url->address);
  config.pools[pool].tls = url->tls;
  return std::nullopt;
}

Texts print_pool_url(const Config& config, size_t pool) { return {config.pools[pool].url()}; }

MaybeFault read_pool_host(Config& config, size_t pool, const Texts& texts) {
  std::string_view host = texts[0];
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  config.pools[pool].address.host = host;
  return std::nullopt;
}

MaybeFault read_pool_port(Config& config, size_t pool, const Texts& texts) {
  const auto port = parse_port(texts[0]);
  if (!port) return port.error();
  config.pools[pool].address.port = *port;
  return std::nullopt;
}

// Rows for members that are plain text or follow one of the readers above.
#define LOKA_SET(member, read)                                        \
  [](Config& config, size_t pool, const Texts& texts) -> MaybeFault { \
    (void)pool;                                                       \
    return read(texts[0], config.member);                             \
  }
#define LOKA_GET(member, print)                    \
  [](const Config& config, size_t pool) -> Texts { \
    (void)pool;                                    \
    return {std::string(print(config.member))};    \
  }

MaybeFault read_text(const std::string& text, std::string& out) {
  out = text;
  return std::nullopt;
}
const std::string& print_text(const std::string& text) { return text; }
std::string_view print_bool(bool value) { return value ? "true" : "false"; }
MaybeFault read_mode(const std::string& t, Mode& out) { return read_word(t, kModes, out); }
MaybeFault read_level(const std::string& t, LogLevel& out) { return read_word(t, kLevels, out); }
MaybeFault read_format(const std::string& t, LogFormat& out) { return read_word(t, kFormats, out); }
std::string_view print_format(LogFormat format) { return print_word(kFormats, format); }

constexpr auto kRestart = Effect::kRestart;
constexpr auto kNew = Effect::kNewSessions;
constexpr auto kLive = Effect::kLive;
constexpr auto kPublic = Secrecy::kPublic;

const std::array<Key, 19> kKeys{{
    {"server", "listen", "", Form::kTextList, kRestart, kPublic, read_listen, print_listen},
    {"server", "port", "listen", Form::kWord, kRestart, kPublic, read_listen_port, nullptr},
    {"server", "workers", "", Form::kWord, kRestart, kPublic,
     LOKA_SET(server.workers, read_auto_or_count), LOKA_GET(server.workers, print_auto_or_count)},
    {"server", "mode", "", Form::kWord, kRestart, kPublic, LOKA_SET(server.mode, read_mode),
     LOKA_GET(server.mode, mode_name)},
    {"server", "runtime_dir", "", Form::kText, kRestart, kPublic,
     LOKA_SET(server.runtime_dir, read_text), LOKA_GET(server.runtime_dir, print_text)},

    {kPools, "name", "", Form::kText, kNew, kPublic, LOKA_SET(pools[pool].name, read_text),
     LOKA_GET(pools[pool].name, print_text)},
    {kPools, "url", "", Form::kText, kNew, kPublic, read_pool_url, print_pool_url},
    {kPools, "host", "url", Form::kText, kNew, kPublic, read_pool_host, nullptr},
    {kPools, "port", "url", Form::kWord, kNew, kPublic, read_pool_port, nullptr},
    {kPools, "username", "", Form::kText, kNew, kPublic, LOKA_SET(pools[pool].username, read_text),
     LOKA_GET(pools[pool].username, print_text)},
    {kPools, "password", "", Form::kText, kNew, Secrecy::kPassword,
     LOKA_SET(pools[pool].password, read_text), LOKA_GET(pools[pool].password, print_text)},
    {kPools, "separator", "", Form::kTextList, kNew, kPublic,
     [](Config& config, size_t pool, const Texts& texts) -> MaybeFault {
       config.pools[pool].separator = texts;
       return std::nullopt;
     },
     [](const Config& config, size_t pool) -> Texts { return config.pools[pool].separator; }},
    {kPools, "extranonce", "", Form::kWord, kNew, kPublic,
     LOKA_SET(pools[pool].extranonce, read_bool), LOKA_GET(pools[pool].extranonce, print_bool)},

    {"limiter", "connections", "", Form::kWord, kLive, kPublic,
     LOKA_SET(limiter.connections, read_auto_or_count),
     LOKA_GET(limiter.connections, print_auto_or_count)},
    {"limiter", "jobs", "", Form::kWord, kLive, kPublic, LOKA_SET(limiter.jobs, read_duration),
     LOKA_GET(limiter.jobs, print_duration)},
    {"limiter", "submissions", "", Form::kWord, kLive, kPublic,
     LOKA_SET(limiter.submissions, read_duration), LOKA_GET(limiter.submissions, print_duration)},

    {"logging", "level", "", Form::kWord, kLive, kPublic, LOKA_SET(logging.level, read_level),
     LOKA_GET(logging.level, level_name)},
    {"logging", "format", "", Form::kWord, kLive, kPublic, LOKA_SET(logging.format, read_format),
     LOKA_GET(logging.format, print_format)},
    {"logging", "file", "", Form::kText, kLive, kPublic, LOKA_SET(logging.file, read_text),
     LOKA_GET(logging.file, print_text)},
}};

#undef LOKA_SET
#undef LOKA_GET

constexpr std::string_view kFileSuffix = "_file";

}  // namespace

std::span<const Key> all_keys() { return kKeys; }

std::string key_path(std::string_view section, std::string_view name, size_t pool) {
  std::string path(section);
  if (section == kPools) path += '.' + std::to_string(pool + 1);
  return (path += '.').append(name);
}

std::span<const Key> section_keys(std::string_view section) {
  const auto in_section = [&](const Key& key) { return key.section == section; };
  const auto begin = std::find_if(kKeys.begin(), kKeys.end(), in_section);
  return {begin, std::find_if_not(begin, kKeys.end(), in_section)};
}

std::optional<FoundKey> find_key(std::string_view section, std::string_view name) {
  for (const Key& key : section_keys(section)) {
    if (key.name == name) return FoundKey{&key, false};
    const bool is_file = key.secrecy != kPublic && name.ends_with(kFileSuffix) &&
                         name.substr(0, name.size() - kFileSuffix.size()) == key.name;
    if (is_file) return FoundKey{&key, true};
  }
  return std::nullopt;
}

std::vector<std::string> section_names(std::string_view section) {
  std::vector<std::string> names;
  for (const Key& key : section_keys(section)) {
    names.emplace_back(key.name);
    if (key.secrecy != kPublic) names.push_back(std::string(key.name).append(kFileSuffix));
  }
  return names;
}

std::string_view mode_name(Mode mode) { return print_word(kModes, mode); }
std::string_view level_name(LogLevel level) { return print_word(kLevels, level); }

}  // namespace loka::config
