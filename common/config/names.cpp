#include "common/config/names.h"

#include <algorithm>
#include <array>
#include <optional>

#include "common/config/keys.h"
#include "common/config/nearest.h"

namespace loka::config {

namespace {

constexpr std::string_view kPrefix = "LOKA_";
constexpr std::array<std::string_view, 1> kOthers{"LOKA_SOCKET"};  // read by lokactl
using Path = std::vector<std::string>;

std::string capitals(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// The rest of a name behind its section ("RUNTIME_DIR", "LISTEN_2") as a path below it.
std::optional<Path> path_in_section(std::string_view section, std::string_view rest) {
  for (const std::string& name : section_names(section)) {
    const std::string wanted = capitals(name);
    if (rest == wanted) return Path{name};
    const auto found = find_key(section, name);
    const bool is_list = found && found->key->form == Form::kTextList;
    if (is_list && rest.starts_with(wanted + '_') && is_number(rest.substr(wanted.size() + 1))) {
      return Path{name, std::string(rest.substr(wanted.size() + 1))};
    }
  }
  return std::nullopt;
}

// name: with LOKA_ taken off.
std::optional<Path> path_of_variable(std::string_view name) {
  if (name == "LOG_LEVEL") return Path{"logging", "level"};
  const size_t end = name.find('_');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view first = name.substr(0, end);
  std::string_view rest = name.substr(end + 1);
  Path path;
  std::string_view section;
  if (first == "POOL") {
    path = {std::string(kPools), "1"};
    section = kPools;
  } else if (first == "POOLS") {
    const size_t number_end = std::min(rest.find('_'), rest.size());
    if (number_end == rest.size() || !is_number(rest.substr(0, number_end))) return std::nullopt;
    path = {std::string(kPools), std::string(rest.substr(0, number_end))};
    section = kPools;
    rest = rest.substr(number_end + 1);
  } else {
    const auto keys = all_keys();
    const auto key = std::find_if(keys.begin(), keys.end(), [&](const Key& candidate) {
      return candidate.section != kPools && capitals(candidate.section) == first;
    });
    if (key == keys.end()) return std::nullopt;
    section = key->section;
    path = {std::string(section)};
  }
  const auto below = path_in_section(section, rest);
  if (!below) return std::nullopt;
  path.insert(path.end(), below->begin(), below->end());
  return path;
}

enum class Again : uint8_t { kKeepFirst, kReplace };

// Puts text at path. Returns whether something else already stood there.
bool put(Value& root, const Path& path, const std::string& text, const Origin& place, Again again) {
  Value* at = &root;
  for (const std::string& name : path) {
    if (at->kind != Value::Kind::kMapping) {
      *at = Value{};
      at->kind = Value::Kind::kMapping;
      at->place = place;
    }
    auto member = std::find_if(at->members.begin(), at->members.end(),
                               [&](const Member& m) { return m.key == name; });
    if (member == at->members.end()) {
      at->members.push_back({name, place, {}});
      member = at->members.end() - 1;
    }
    at = &member->value;
  }
  const bool stood_there = at->kind != Value::Kind::kNull;
  if (stood_there && again == Again::kKeepFirst) return at->text != text;
  *at = Value{};
  at->kind = Value::Kind::kScalar;
  at->place = place;
  at->text = text;
  return stood_there;
}

std::string trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t") - begin + 1));
}

void warn_unknown(const NamedValue& variable, Problems& problems) {
  const auto names = environment_names();
  const std::vector<std::string_view> views(names.begin(), names.end());
  // A pool's number is no typing error: LOKA_POOLS_2_HOTS is compared as LOKA_POOL_HOTS.
  std::string name = variable.name;
  if (name.starts_with("LOKA_POOLS_")) {
    const size_t end = name.find('_', 11);
    if (end != std::string::npos) name = "LOKA_POOL" + name.substr(end);
  }
  const auto near = nearest(name, views);
  add_problem(problems, {variable.place.source, variable.place.line, variable.place.column,
                         variable.place.line > 0 ? variable.name : "", "unknown name, ignored",
                         near ? "did you mean " + std::string(*near) + "?" : "", true});
}

}  // namespace

std::vector<std::string> environment_names() {
  std::vector<std::string> names{"LOKA_LOG_LEVEL"};
  std::string_view last;
  for (const Key& key : all_keys()) {
    if (key.section == last) continue;
    last = key.section;
    const std::string section = capitals(key.section == kPools ? "pool" : key.section);
    for (const std::string& name : section_names(key.section)) {
      names.push_back(std::string(kPrefix) + section + '_' + capitals(name));
    }
  }
  return names;
}

std::vector<NamedValue> parse_env_text(std::string_view text, const std::string& source,
                                       Problems& problems) {
  std::vector<NamedValue> out;
  int number = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view raw = text.substr(begin, end - begin);
    begin = end + 1;
    ++number;
    if (raw.ends_with('\r')) raw.remove_suffix(1);
    std::string line = trimmed(raw);
    if (line.empty() || line.front() == '#') continue;
    if (line.starts_with("export ")) line = trimmed(std::string_view(line).substr(7));
    const Origin place{source, number, 1};
    const size_t equals = line.find('=');
    const std::string name = trimmed(std::string_view(line).substr(0, equals));
    if (equals == std::string::npos || name.empty() || name.find(' ') != std::string::npos) {
      add_problem(problems, {source, number, 1, "", "is not NAME=value",
                             "write NAME=value, or # before a remark"});
      continue;
    }
    std::string value = trimmed(std::string_view(line).substr(equals + 1));
    const char quote = value.empty() ? '\0' : value.front();
    if (quote == '"' || quote == '\'') {
      if (value.size() < 2 || value.back() != quote) {
        add_problem(problems, {source, number, 1, name, "has a quote that does not end",
                               "close it on the same line"});
        continue;
      }
      value = value.substr(1, value.size() - 2);
    }
    out.push_back({name, std::move(value), place});
  }
  return out;
}

Value tree_of_environment(std::vector<NamedValue> variables, Problems& problems) {
  Value root;
  // The environment has no order; sorted, the same problems always come in the same order.
  std::stable_sort(variables.begin(), variables.end(),
                   [](const NamedValue& a, const NamedValue& b) { return a.name < b.name; });
  for (const NamedValue& variable : variables) {
    if (problems.size() > kProblemsMax) break;
    if (!variable.name.starts_with(kPrefix)) continue;
    if (std::find(kOthers.begin(), kOthers.end(), variable.name) != kOthers.end()) continue;
    const auto path = path_of_variable(std::string_view(variable.name).substr(kPrefix.size()));
    if (!path) {
      warn_unknown(variable, problems);
    } else if (put(root, *path, variable.value, variable.place, Again::kKeepFirst)) {
      add_problem(problems, {variable.place.source, variable.place.line, variable.place.column,
                             variable.place.line > 0 ? variable.name : "",
                             "another value was given for the same key", "keep one of them"});
    }
  }
  return root;
}

Value tree_of_set(const std::vector<std::string>& assignments, Problems& problems) {
  Value root;
  for (const std::string& assignment : assignments) {
    const size_t equals = assignment.find('=');
    const std::string key = assignment.substr(0, equals);
    if (equals == std::string::npos || key.empty()) {
      add_problem(problems,
                  {"--set", 0, 0, key, "is not key=value", "write --set server.port=3333"});
      continue;
    }
    Path path;
    for (size_t begin = 0; begin <= key.size();) {
      const size_t end = std::min(key.find('.', begin), key.size());
      path.push_back(key.substr(begin, end - begin));
      begin = end + 1;
    }
    if (path[0] == "pool") path.insert(path.begin() + 1, "1");
    if (path[0] == "pool") path[0] = kPools;
    if (path.size() > 4) {
      add_problem(problems, {"--set", 0, 0, key, "unknown key", "no key has so many parts"});
      continue;
    }
    put(root, path, assignment.substr(equals + 1), {"--set", 0, 0}, Again::kReplace);
  }
  return root;
}

}  // namespace loka::config
