#include "common/config/dump.h"

#include <algorithm>

#include "common/config/keys.h"

namespace loka::config {

namespace {

constexpr size_t kOriginColumn = 48;  // where comments begin, if the value leaves room

// A YAML double-quoted scalar; values hold no control characters, so two escapes are enough.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string print_value(const Key& key, const Texts& texts, Secrets secrets) {
  if (key.secrecy != Secrecy::kPublic && secrets == Secrets::kMask && !texts[0].empty()) {
    return quoted(kMaskedSecret);
  }
  if (key.form == Form::kWord) return texts[0];
  if (key.form == Form::kText) return quoted(texts[0]);
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() > 1 ? ", " : "") + quoted(text);
  return out + ']';
}

class Writer {
 public:
  Writer(const Config& config, Secrets secrets, const Origins* origins)
      : config_(config), secrets_(secrets), origins_(origins) {}

  void section(std::string_view name) {
    (out_ += name) += ":\n";
    for (const Key& key : section_keys(name)) {
      if (key.get != nullptr) line("  ", key, 0);
    }
  }

  void pools() {
    if (config_.pools.empty()) {
      out_ += "pools: []\n";
      return;
    }
    out_ += "pools:\n";
    for (size_t pool = 0; pool < config_.pools.size(); ++pool) {
      bool is_first = true;
      for (const Key& key : section_keys(kPools)) {
        if (key.get == nullptr) continue;
        line(is_first ? "  - " : "    ", key, pool);
        is_first = false;
      }
    }
  }

  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void line(std::string_view indent, const Key& key, size_t pool) {
    std::string text(indent);
    text.append(key.name).append(": ");
    text += print_value(key, key.get(config_, pool), secrets_);
    if (origins_ != nullptr) {
      text.resize(std::max(text.size() + 1, kOriginColumn), ' ');
      text += "# " + origins_->of(key_path(key.section, key.name, pool)).text();
    }
    out_ += text + '\n';
  }

  const Config& config_;
  Secrets secrets_;
  const Origins* origins_;
  std::string out_;
};

}  // namespace

std::string dump(const Config& config, Secrets secrets, const Origins* origins) {
  Writer writer(config, secrets, origins);
  std::string_view last;
  for (const Key& key : all_keys()) {
    if (key.section == last) continue;
    last = key.section;
    if (last == kPools) {
      writer.pools();
    } else {
      writer.section(last);
    }
  }
  return writer.take();
}

}  // namespace loka::config
