// Where every effective value came from, for `--dump-config --origin` and for problems that show
// only when the whole configuration is known. Keys are the canonical ones of dump():
// "server.listen", "pools.1.url"; pools are numbered from 1.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace loka::config {

struct Origin {
  std::string source = "default";  // file, "environment LOKA_X", "--set" or "default"
  int line = 0;                    // from 1; 0: the source has no lines
  int column = 0;
  // "etc/loka.yaml:12", "environment LOKA_POOL_HOST", "--set", "default"
  [[nodiscard]] std::string text() const;
};

class Origins {
 public:
  void set(std::string key, Origin origin) { by_key_[std::move(key)] = std::move(origin); }
  // Forgets this key and all below it: a list was replaced.
  void forget(std::string_view key);
  // The key's own origin, else that of the nearest key above it, else "default".
  [[nodiscard]] Origin of(std::string_view key) const;

 private:
  std::map<std::string, Origin, std::less<>> by_key_;
};

}  // namespace loka::config
