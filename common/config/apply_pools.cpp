// The part of the walk that knows how pools are given: one, a list, or by number.
#include <map>

#include "common/config/apply.h"

namespace loka::config {

void Applier::apply_single_pool(const Layer& layer, const Member& member) {
  if (member.value.kind == Value::Kind::kNull) return;
  if (pool_form_ == PoolForm::kList) {
    report(member.place, member.key,
           {"'pools' was given in another file", "write the whole list under pools:"});
    return;
  }
  pool_form_ = PoolForm::kSingle;
  if (result_.config.pools.empty()) result_.config.pools.emplace_back();
  apply_pool(layer, member.value, "pool", 0);
}

void Applier::apply_pools(const Layer& layer, const Member& member) {
  const Value& value = member.value;
  if (value.kind == Value::Kind::kNull) return;
  if (layer.kind == LayerKind::kNames && value.kind == Value::Kind::kMapping) {
    apply_numbered_pools(layer, value);
    return;
  }
  if (value.kind != Value::Kind::kList) {
    report(value.place, member.key,
           {"must be a list", "write '- url: …' for each pool, or 'pool:' for a single one"});
    faulty_.insert(std::string(kPools));
    return;
  }
  if (pool_form_ == PoolForm::kSingle) {
    report(member.place, member.key,
           {"'pool' was given in another file", "write the whole list under pools:"});
    return;
  }
  pool_form_ = PoolForm::kList;
  apply_pool_list(layer, value);
  result_.origins.set(std::string(kPools), member.place);
}

void Applier::apply_pool_list(const Layer& layer, const Value& list) {
  result_.config.pools.clear();
  result_.origins.forget(kPools);
  std::erase_if(faulty_, [](const std::string& key) { return key.starts_with(kPools); });
  for (const Value& item : list.items) {
    const size_t pool = result_.config.pools.size();
    if (pool == kPoolsMax) {
      report(item.place, std::string(kPools),
             {"more than " + std::to_string(kPoolsMax) + " pools", "remove some"});
      return;
    }
    result_.config.pools.emplace_back();
    const std::string path = std::string(kPools) + '.' + std::to_string(pool + 1);
    result_.origins.set(path, item.place);
    apply_pool(layer, item, path, pool);
  }
}

void Applier::apply_numbered_pools(const Layer& layer, const Value& mapping) {
  std::map<size_t, const Member*> by_position;
  for (const Member& member : mapping.members) {
    if (const auto position = parse_position(member.key, kPoolsMax)) {
      by_position[*position] = &member;
    } else {
      report(member.place, "pools." + member.key,
             {"'" + member.key + "' is not the number of a pool",
              "pools are numbered from 1 to " + std::to_string(kPoolsMax)});
    }
  }
  for (const auto& [position, member] : by_position) {
    const size_t count = result_.config.pools.size();
    if (position > count + 1) {
      report(member->place, "pools." + member->key,
             {"there are only " + std::to_string(count) + " pools", "number them without a gap"});
      continue;
    }
    if (position > count) result_.config.pools.emplace_back();
    apply_pool(layer, member->value, "pools." + member->key, position - 1);
  }
}

void Applier::apply_pool(const Layer& layer, const Value& mapping, std::string written,
                         size_t pool) {
  if (mapping.kind != Value::Kind::kMapping) {
    report(mapping.place, std::move(written),
           {"must be a mapping", "write url:, username: and password: below it, indented"});
    faulty_.insert("pools." + std::to_string(pool + 1));
    return;
  }
  apply_section({layer, kPools, std::move(written), pool}, mapping);
}

}  // namespace loka::config
