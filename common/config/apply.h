// Walks one source after another into a Config, strictly: every key must be known, given once, of
// the right shape, and readable. What a later source says replaces what an earlier one said.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/config/keys.h"
#include "common/config/load.h"
#include "common/config/tree.h"

namespace loka::config {

// Gives the content of a secret's file, or why it cannot. path: as written, made relative to the
// file that names it.
using SecretReader = std::function<Result<std::string, Fault>(const std::string& path)>;

class Applier {
 public:
  // result and read_secret outlive this.
  Applier(LoadResult& result, const SecretReader& read_secret)
      : result_(result), read_secret_(read_secret) {}

  void apply(const Layer& layer);

  // After the last source: pools without a name get one.
  void finish();

  // Whether a problem was already reported for the value of this canonical key or below it, so that
  // validate() need not speak of it again.
  [[nodiscard]] bool is_faulty(std::string_view canonical_key) const;

 private:
  // Where in a layer the walk stands.
  struct Place {
    const Layer& layer;
    std::string_view section;  // of the table of keys
    std::string written;       // as the source has it: "server", "pool", "pools.2"
    size_t pool = 0;
  };

  void apply_section(const Place& place, const Value& mapping);
  void apply_member(const Place& place, const FoundKey& found, const Member& member);
  void apply_single_pool(const Layer& layer, const Member& member);
  void apply_pools(const Layer& layer, const Member& member);
  void apply_pool_list(const Layer& layer, const Value& list);
  void apply_numbered_pools(const Layer& layer, const Value& mapping);
  void apply_pool(const Layer& layer, const Value& mapping, std::string written, size_t pool);
  // The texts of a value if it has the key's shape; else reports and gives nullopt.
  [[nodiscard]] std::optional<Texts> texts_of(const Place& place, const FoundKey& found,
                                              const Member& member);
  [[nodiscard]] std::optional<Texts> numbered_texts(const Place& place, const Key& key,
                                                    const Value& mapping, std::string& complaint);
  [[nodiscard]] std::optional<Texts> secret_of(const Place& place, const Member& member,
                                               const std::string& path);
  void report(const Origin& where, std::string key, Fault fault);

  LoadResult& result_;
  const SecretReader& read_secret_;
  // How the files gave the pools so far, because `pool` and `pools` do not merge.
  enum class PoolForm : uint8_t { kNone, kSingle, kList } pool_form_ = PoolForm::kNone;
  std::set<std::string, std::less<>> faulty_;
};

// What to say of a secret that stands in a file which others may read; nullopt: nothing.
// value: what stands there. The default and an empty value are no secrets.
[[nodiscard]] std::optional<Problem> exposed_secret(Secrecy secrecy, std::string_view key,
                                                    std::string_view value, const Origin& place);

}  // namespace loka::config
