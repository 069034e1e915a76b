#include "common/config/diff.h"

#include <algorithm>

#include "common/base/check.h"
#include "common/config/dump.h"
#include "common/config/keys.h"

namespace loka::config {

namespace {

std::string joined(const Texts& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + text;
  return out.empty() ? "(empty)" : out;
}

std::string shown(const Key& key, const Texts& texts) {
  const bool is_masked = key.secrecy != Secrecy::kPublic && !texts[0].empty();
  return is_masked ? kMaskedSecret : joined(texts);
}

void compare(const Key& key, const Config& running, const Config& wanted, size_t pool,
             std::vector<Change>& changes) {
  if (key.get == nullptr) return;
  const Texts was = key.get(running, pool);
  const Texts is = key.get(wanted, pool);
  if (was == is) return;
  changes.push_back(
      {key_path(key.section, key.name, pool), shown(key, was), shown(key, is), key.effect});
}

std::string one_pool(const Pool& pool) { return pool.name + " (" + pool.url() + ')'; }

void compare_pools(const Config& running, const Config& wanted, std::vector<Change>& changes) {
  const size_t common = std::min(running.pools.size(), wanted.pools.size());
  for (size_t pool = 0; pool < common; ++pool) {
    for (const Key& key : section_keys(kPools)) compare(key, running, wanted, pool, changes);
  }
  for (size_t pool = common; pool < running.pools.size(); ++pool) {
    changes.push_back({"pools." + std::to_string(pool + 1), one_pool(running.pools[pool]), "",
                       Effect::kNewSessions});
  }
  for (size_t pool = common; pool < wanted.pools.size(); ++pool) {
    changes.push_back({"pools." + std::to_string(pool + 1), "", one_pool(wanted.pools[pool]),
                       Effect::kNewSessions});
  }
}

}  // namespace

std::string Change::sentence() const {
  if (effect == Effect::kRestart) {
    return key + ": needs a restart; running value stays " + old_text;
  }
  std::string out = key + ": ";
  if (old_text.empty()) {
    out += new_text + " is added";
  } else if (new_text.empty()) {
    out += old_text + " is removed";
  } else if (old_text == new_text) {
    out += "changed";  // both are masked
  } else {
    out += old_text + " becomes " + new_text;
  }
  return out + (effect == Effect::kLive ? ", at once" : ", for new sessions");
}

std::vector<Change> diff(const Config& running, const Config& wanted) {
  std::vector<Change> changes;
  bool are_pools_done = false;
  for (const Key& key : all_keys()) {
    if (key.section != kPools) {
      compare(key, running, wanted, 0, changes);
    } else if (!are_pools_done) {
      compare_pools(running, wanted, changes);
      are_pools_done = true;
    }
  }
  return changes;
}

Config applicable(const Config& running, const Config& wanted) {
  Config out = wanted;
  for (const Key& key : all_keys()) {
    if (key.effect == Effect::kRestart && key.get != nullptr && key.section != kPools) {
      const auto fault = key.set(out, 0, key.get(running, 0));
      CHECK(!fault && "a running value reads back");
    }
  }
  return out;
}

}  // namespace loka::config
