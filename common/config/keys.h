// The table of all keys: how each is read, printed, and when a change of it counts. Loading,
// dumping, comparing and the environment's names all follow this one table; config.h explains the
// keys, and a new one is a member there and a row here.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/address.h"
#include "common/config/config.h"
#include "common/config/diff.h"

namespace loka::config {

// Texts of one value: one for a scalar, any number for a list.
using Texts = std::vector<std::string>;

enum class Form : uint8_t { kWord, kText, kTextList };  // how it is printed: bare, quoted, [quoted]

enum class Secrecy : uint8_t {
  kPublic,
  kPassword,  // a pool's: most pools ignore it, so a readable file earns a warning
  kSecret,    // keys and tokens: refused in a readable file
};

struct Key {
  std::string_view section;  // "server", "limiter", "logging"; "pools": a key of every pool
  std::string_view name;
  // Another key of the section that this is a short form or a part of; such keys are read, never
  // printed. Empty: it stands for itself.
  std::string_view stands_for;
  Form form = Form::kText;
  Effect effect = Effect::kLive;
  Secrecy secrecy = Secrecy::kPublic;
  // pool: position of the pool; 0 elsewhere. texts: at least one.
  std::optional<Fault> (*set)(Config& config, size_t pool, const Texts& texts) = nullptr;
  Texts (*get)(const Config& config,
               size_t pool) = nullptr;  // null for a key that stands for another

  // What problems, origins and dumps call the value.
  [[nodiscard]] std::string_view canonical() const {
    return stands_for.empty() ? name : stands_for;
  }
};

inline constexpr std::string_view kPools = "pools";  // the section whose keys repeat

[[nodiscard]] std::span<const Key> all_keys();

// "server.workers"; "pools.2.url" for pool 1. `name` is the key's own or its canonical name.
[[nodiscard]] std::string key_path(std::string_view section, std::string_view name, size_t pool);

// The rows of a section are neighbours.
[[nodiscard]] std::span<const Key> section_keys(std::string_view section);

// A name in a section: a key, or a secret's key with "_file" behind it, whose value is a file that
// holds the secret.
struct FoundKey {
  const Key* key = nullptr;
  bool is_secret_file = false;
};
[[nodiscard]] std::optional<FoundKey> find_key(std::string_view section, std::string_view name);

// All names of a section, those with "_file" included.
[[nodiscard]] std::vector<std::string> section_names(std::string_view section);

[[nodiscard]] std::string_view mode_name(Mode mode);
[[nodiscard]] std::string_view level_name(LogLevel level);

}  // namespace loka::config
