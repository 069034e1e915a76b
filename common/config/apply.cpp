#include "common/config/apply.h"

#include <algorithm>
#include <array>
#include <map>

#include "common/config/nearest.h"

namespace loka::config {

namespace {

constexpr std::array<std::string_view, 5> kTopLevel{"server", "pool", "pools", "limiter",
                                                    "logging"};
constexpr size_t kTextBytesMax = 4096;  // of one value; validate() knows narrower bounds

std::string joined(std::span<const std::string_view> names) {
  std::string out;
  for (const std::string_view name : names) out.append(out.empty() ? "" : ", ").append(name);
  return out;
}

// names: what is known where the unknown key stands.
Fault unknown_key(std::string_view name, std::span<const std::string_view> names) {
  if (const auto near = nearest(name, names)) {
    return {"unknown key", "did you mean '" + std::string(*near) + "'?"};
  }
  for (const Key& key : all_keys()) {
    if (key.name == name) {
      return {"unknown key", "it belongs under '" + std::string(key.section) + ":'"};
    }
  }
  return {"unknown key", "known here: " + joined(names)};
}

// In one variable a list is divided at commas; a single character is itself, for it may be the
// separator ','.
Texts divided(const std::string& text) {
  if (text.size() <= 1) return {text};
  Texts parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

}  // namespace

std::optional<Problem> exposed_secret(Secrecy secrecy, std::string_view key, std::string_view value,
                                      const Origin& place) {
  const bool is_secret =
      secrecy == Secrecy::kSecret || (secrecy == Secrecy::kPassword && value != Pool().password);
  if (!is_secret || value.empty()) return std::nullopt;
  const std::string file_key = std::string(key.substr(key.rfind('.') + 1)) + "_file";
  return Problem{place.source,
                 place.line,
                 place.column,
                 std::string(key),
                 "a secret in a file that others may read",
                 "chmod o-r the file, or use " + file_key,
                 secrecy == Secrecy::kPassword};
}

void Applier::report(const Origin& where, std::string key, Fault fault) {
  add_problem(result_.problems, {where.source, where.line, where.column, std::move(key),
                                 std::move(fault.what), std::move(fault.mend), false});
}

void Applier::apply(const Layer& layer) {
  if (layer.root.kind == Value::Kind::kNull) return;
  if (layer.root.kind != Value::Kind::kMapping) {
    report(layer.root.place, "", {"must be a mapping of sections", "begin with 'pool:'"});
    return;
  }
  std::map<std::string_view, const Member*> seen;
  for (const Member& member : layer.root.members) {
    if (const auto [first, is_new] = seen.emplace(member.key, &member); !is_new) {
      report(member.place, member.key,
             {"given twice, first in line " + std::to_string(first->second->place.line),
              "merge the two"});
    } else if (member.key == "pool" || member.key == kPools) {
      if (seen.contains("pool") && seen.contains(kPools)) {
        report(member.place, member.key, {"'pool' and 'pools' are both given", "keep one of them"});
      } else if (member.key == "pool") {
        apply_single_pool(layer, member);
      } else {
        apply_pools(layer, member);
      }
    } else if (section_keys(member.key).empty()) {
      report(member.place, member.key, unknown_key(member.key, kTopLevel));
    } else if (member.value.kind == Value::Kind::kMapping) {
      apply_section({layer, member.key, member.key, 0}, member.value);
    } else if (member.value.kind != Value::Kind::kNull) {
      report(member.value.place, member.key,
             {"must be a mapping", "write its keys on lines of their own below it, indented"});
    }
  }
}

void Applier::apply_section(const Place& place, const Value& mapping) {
  struct Given {
    std::string_view name;
    bool stands_for_another = false;
  };
  std::map<std::string_view, const Member*> seen;
  std::map<std::string_view, Given> seen_canonical;
  for (const Member& member : mapping.members) {
    const std::string written = place.written + '.' + member.key;
    if (const auto [first, is_new] = seen.emplace(member.key, &member); !is_new) {
      report(member.place, written,
             {"given twice, first in line " + std::to_string(first->second->place.line),
              "keep one of them"});
      continue;
    }
    const auto found = find_key(place.section, member.key);
    if (!found) {
      const auto names = section_names(place.section);
      const std::vector<std::string_view> views(names.begin(), names.end());
      report(member.place, written, unknown_key(member.key, views));
      continue;
    }
    // host: and port: go together; either beside url: contradicts it, as a secret and its file do.
    const bool stands_for_another = !found->key->stands_for.empty();
    const auto [other, is_first] =
        seen_canonical.emplace(found->key->canonical(), Given{member.key, stands_for_another});
    if (!is_first && !(stands_for_another && other->second.stands_for_another)) {
      report(member.place, written,
             {"cannot stand beside '" + std::string(other->second.name) + "'", "keep one of them"});
      continue;
    }
    apply_member(place, *found, member);
  }
}

void Applier::apply_member(const Place& place, const FoundKey& found, const Member& member) {
  const Key& key = *found.key;
  const std::string written = place.written + '.' + member.key;
  const std::string canonical = key_path(place.section, key.canonical(), place.pool);
  const Origin& where = member.value.place;
  auto texts = texts_of(place, found, member);
  if (!texts) {
    faulty_.insert(canonical);
    return;
  }
  if (place.layer.others_may_read && !found.is_secret_file) {
    if (auto exposed = exposed_secret(key.secrecy, written, (*texts)[0], where)) {
      const bool is_refused = !exposed->is_warning;
      add_problem(result_.problems, std::move(*exposed));
      if (is_refused) return;
    }
  }
  if (auto fault = key.set(result_.config, place.pool, *texts)) {
    if (place.layer.kind == LayerKind::kNames && (*texts)[0].starts_with("tcp://")) {
      fault->mend = "Kubernetes sets such names for its services; set enableServiceLinks: false";
    }
    report(where, written, std::move(*fault));
    faulty_.insert(canonical);
    return;
  }
  faulty_.erase(canonical);
  result_.origins.forget(canonical);
  result_.origins.set(canonical, where);
  for (size_t i = 0; i < member.value.items.size(); ++i) {
    result_.origins.set(canonical + '.' + std::to_string(i + 1), member.value.items[i].place);
  }
}

std::optional<Texts> Applier::texts_of(const Place& place, const FoundKey& found,
                                       const Member& member) {
  const Value& value = member.value;
  const bool is_list = found.key->form == Form::kTextList;
  const bool is_names = place.layer.kind == LayerKind::kNames;
  std::optional<Texts> texts;
  std::string complaint;
  if (value.kind == Value::Kind::kScalar) {
    texts = is_list && is_names ? divided(value.text) : Texts{value.text};
  } else if (value.kind == Value::Kind::kNull) {
    complaint = "has no value";
  } else if (is_list && value.kind == Value::Kind::kMapping && is_names) {
    texts = numbered_texts(place, *found.key, value, complaint);
  } else if (is_list && value.kind == Value::Kind::kList) {
    texts.emplace();
    for (const Value& item : value.items) {
      if (item.kind != Value::Kind::kScalar) complaint = "must be a list of plain values";
      texts->push_back(item.text);
    }
    if (texts->empty()) complaint = "must not be an empty list";
  } else {
    complaint = is_list ? "must be a list" : "must be one value";
  }
  for (const std::string& text : texts.value_or(Texts{})) {
    if (clean_prefix(text) != text.size()) complaint = "contains control characters or no UTF-8";
    if (text.size() > kTextBytesMax) complaint = "is longer than 4096 bytes";
  }
  if (!complaint.empty()) {
    report(value.place, place.written + '.' + member.key,
           {std::move(complaint), is_list ? "write [\"first\", \"second\"]"
                                          : "write one value, or remove the line for the default"});
    return std::nullopt;
  }
  return found.is_secret_file ? secret_of(place, member, (*texts)[0]) : texts;
}

std::optional<Texts> Applier::numbered_texts(const Place& place, const Key& key,
                                             const Value& mapping, std::string& complaint) {
  Texts texts = key.get(result_.config, place.pool);
  std::map<size_t, const Member*> by_position;
  for (const Member& member : mapping.members) {
    const auto position = parse_position(member.key, kListenMax);
    if (!position || member.value.kind != Value::Kind::kScalar) {
      complaint = "has no entry '" + member.key + "'";
      return std::nullopt;
    }
    by_position[*position] = &member;
  }
  for (const auto& [position, member] : by_position) {
    if (position > texts.size() + 1) {
      complaint = "has only " + std::to_string(texts.size()) + " entries";
      return std::nullopt;
    }
    if (position > texts.size()) texts.emplace_back();
    texts[position - 1] = member->value.text;
  }
  return texts;
}

std::optional<Texts> Applier::secret_of(const Place& place, const Member& member,
                                        const std::string& path) {
  const bool is_relative = !path.starts_with('/') && !place.layer.directory.empty();
  auto secret = read_secret_(is_relative ? place.layer.directory + '/' + path : path);
  if (!secret) {
    report(member.value.place, place.written + '.' + member.key, std::move(secret.error()));
    return std::nullopt;
  }
  if (clean_prefix(*secret) != secret->size()) {
    report(member.value.place, place.written + '.' + member.key,
           {"the file holds control characters or no UTF-8", "write the secret alone into it"});
    return std::nullopt;
  }
  return Texts{std::move(*secret)};
}

void Applier::finish() {
  auto& pools = result_.config.pools;
  for (size_t i = 0; i < pools.size(); ++i) {
    if (pools[i].name.empty()) pools[i].name = "pool" + std::to_string(i + 1);
  }
}

bool Applier::is_faulty(std::string_view canonical_key) const {
  for (;;) {
    if (faulty_.find(canonical_key) != faulty_.end()) return true;
    const size_t dot = canonical_key.rfind('.');
    if (dot == std::string_view::npos) return false;
    canonical_key = canonical_key.substr(0, dot);
  }
}

}  // namespace loka::config
